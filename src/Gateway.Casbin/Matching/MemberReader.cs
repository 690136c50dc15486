using System.Collections;
using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;

namespace Gateway.Casbin;

/// <summary>
/// Reads one attribute, such as `Age` of `r.sub.Age`, of whatever the request holds: a dictionary, a JSON object, or a plain object's public property or
/// field. An attribute that is not there is a missing value.
/// </summary>
internal sealed class MemberReader(string name)
{
    private readonly ConcurrentDictionary<Type, Func<object, object?>?> _byType = new();

    public object? Read(object? target) => target switch
    {
        null or string => null,
        IReadOnlyDictionary<string, object?> values => values.TryGetValue(name, out var value) ? Operators.Normalize(value) : null,
        IReadOnlyDictionary<string, string?> texts => texts.TryGetValue(name, out var text) ? text : null,
        IReadOnlyDictionary<string, JsonElement> elements => elements.TryGetValue(name, out var element) ? Operators.Normalize(element) : null,
        IDictionary dictionary => Operators.Normalize(dictionary[name]),
        JsonElement { ValueKind: JsonValueKind.Object } members => members.TryGetProperty(name, out var member) ? Operators.Normalize(member) : null,
        _ => Operators.Normalize(_byType.GetOrAdd(target.GetType(), static (type, attribute) => Compile(type, attribute), name)?.Invoke(target)),
    };

    private static Func<object, object?>? Compile(Type type, string name)
    {
        const BindingFlags Readable = BindingFlags.Public | BindingFlags.Instance;
        var target = Expression.Parameter(typeof(object));
        Expression? access = null;
        if (!type.IsPrimitive)
        {
            var property = Array.Find(type.GetProperties(Readable), candidate => candidate.Name == name && candidate.CanRead && candidate.GetIndexParameters().Length == 0);
            if (property?.GetMethod is { IsPublic: true })
                access = Expression.Property(Expression.Convert(target, type), property);
            else if (type.GetField(name, Readable) is { } field)
                access = Expression.Field(Expression.Convert(target, type), field);
        }

        return access is null ? null : Expression.Lambda<Func<object, object?>>(Expression.Convert(access, typeof(object)), target).Compile();
    }
}
