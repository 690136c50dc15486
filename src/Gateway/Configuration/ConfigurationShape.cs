using System.Collections;
using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Configuration.Json;

namespace Gateway.Configuration;

/// <summary>
/// Holds a configuration against the types it will be bound to, and reports every key that no property takes and every value that does not
/// convert, with where it came from. The binder itself would stop at the first, or pass over it.
/// </summary>
internal sealed class ConfigurationShape(IConfigurationRoot root)
{
    private readonly List<ConfigurationProblem> _problems = [];

    public static IReadOnlyList<ConfigurationProblem> Check(IConfigurationRoot root, Type type)
    {
        var shape = new ConfigurationShape(root);
        shape.Visit(root.GetChildren(), type);
        return shape._problems;
    }

    /// <summary>Where the value of a key came from; for a section or a key that is missing, where what is there came from.</summary>
    public static string SourceOf(IConfigurationRoot root, string key)
    {
        for (var path = key; path is not null; path = ConfigurationPath.GetParentPath(path))
        {
            foreach (var provider in root.Providers.Reverse())
            {
                if (provider.TryGet(path, out _) || provider.GetChildKeys([], path).Any()) return NameOf(provider);
            }
        }

        return "configuration";
    }

    private static string NameOf(IConfigurationProvider provider) => provider switch
    {
        JsonConfigurationProvider json => PathOf(json),
        Microsoft.Extensions.Configuration.EnvironmentVariables.EnvironmentVariablesConfigurationProvider => "environment",
        Microsoft.Extensions.Configuration.CommandLine.CommandLineConfigurationProvider => "command line",
        _ => "built-in defaults",
    };

    /// <summary>The file as an operator finds it: from the working directory when it is below it, otherwise in full.</summary>
    private static string PathOf(JsonConfigurationProvider json)
    {
        var path = json.Source.FileProvider?.GetFileInfo(json.Source.Path ?? string.Empty).PhysicalPath ?? "gateway.json";
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    private void Visit(IEnumerable<IConfigurationSection> sections, Type type)
    {
        foreach (var section in sections)
        {
            if (section.Path == "$schema") continue;
            var property = type.GetProperty(section.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is null)
            {
                var known = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => p.Name).Order(StringComparer.Ordinal);
                Add(section, $"no such key: known here are {string.Join(", ", known)}");
            }
            else
            {
                VisitValue(section, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType);
            }
        }
    }

    private void VisitValue(IConfigurationSection section, Type type)
    {
        if (ElementType(type) is { } element)
        {
            // An empty list or object stands in the configuration as an empty value.
            if (section.Value is { Length: > 0 }) Add(section, "a list or an object is needed here");
            foreach (var child in section.GetChildren()) VisitValue(child, element);
        }
        else if (TypeDescriptor.GetConverter(type) is { } converter && converter.CanConvertFrom(typeof(string)))
        {
            VisitScalar(section, type, converter);
        }
        else
        {
            if (section.Value is { Length: > 0 }) Add(section, "an object is needed here");
            Visit(section.GetChildren(), type);
        }
    }

    private void VisitScalar(IConfigurationSection section, Type type, TypeConverter converter)
    {
        if (section.GetChildren().Any()) Add(section, "a single value is needed here");
        if (section.Value is not { } text || type == typeof(string)) return;
        if (type.IsEnum && !Enum.GetNames(type).Contains(text, StringComparer.OrdinalIgnoreCase))
            Add(section, $"must be one of {string.Join(", ", Enum.GetNames(type))}");
        else if (!type.IsEnum && !converter.IsValid(text))
            Add(section, $"must be {DescriptionOf(type)}");
    }

    private static string DescriptionOf(Type type) =>
        type == typeof(int) || type == typeof(long) ? "a whole number"
        : type == typeof(bool) ? "true or false"
        : type == typeof(TimeSpan) ? "a duration, hh:mm:ss"
        : $"a {type.Name}";

    private static Type? ElementType(Type type)
    {
        if (type == typeof(string) || !typeof(IEnumerable).IsAssignableFrom(type)) return null;
        var arguments = type.IsArray ? [type.GetElementType()!] : type.GetGenericArguments();
        return arguments.Length == 0 ? null : arguments[^1];
    }

    private void Add(IConfigurationSection section, string remedy) =>
        _problems.Add(new ConfigurationProblem(SourceOf(root, section.Path), section.Path, section.Value, remedy));
}
