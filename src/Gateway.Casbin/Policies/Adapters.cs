using System.Text;

namespace Gateway.Casbin;

/// <summary>Where policy rows come from. Called on load and reload, never on the decision path.</summary>
public interface IReadOnlyAdapter
{
    /// <summary>All rows, in order. Throws <see cref="CasbinException"/> with place and remedy for what cannot be read.</summary>
    IEnumerable<PolicyRow> LoadPolicy();
}

/// <summary>An adapter that can also keep what the enforcer holds.</summary>
public interface IAdapter : IReadOnlyAdapter
{
    /// <summary>Replaces everything stored by these rows, wholly or not at all.</summary>
    void SavePolicy(IEnumerable<PolicyRow> rows);
}

/// <summary>Rows from the text of a policy.csv.</summary>
/// <param name="csv">The text.</param>
/// <param name="name">How messages call it.</param>
public sealed class TextAdapter(string csv, string name = "policy.csv") : IReadOnlyAdapter
{
    public IEnumerable<PolicyRow> LoadPolicy() => PolicyCsv.Parse(csv, name);
}

/// <summary>Rows held by the program.</summary>
public sealed class RowsAdapter(IEnumerable<PolicyRow> rows) : IReadOnlyAdapter
{
    public IEnumerable<PolicyRow> LoadPolicy() => rows;
}

/// <summary>A policy.csv on disk, UTF-8.</summary>
public sealed class FileAdapter(string path) : IAdapter
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public IEnumerable<PolicyRow> LoadPolicy() => PolicyCsv.Parse(ReadText(path), path);

    /// <summary>Writes beside the file and renames over it, so that a crash leaves the old file or the new one.</summary>
    public void SavePolicy(IEnumerable<PolicyRow> rows)
    {
        var temporary = path + ".new";
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            if (row.Values.Any(value => value.AsSpan().ContainsAny('\r', '\n')))
                throw CasbinException.At(path, $"a row of type `{row.PolicyType}` holds a line break, which a policy file cannot; remove it from the field");
            text.Append(PolicyCsv.Format(row)).Append('\n');
        }

        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            stream.Write(Strict.GetBytes(text.ToString()));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    internal static string ReadText(string path)
    {
        try
        {
            return Strict.GetString(File.ReadAllBytes(path));
        }
        catch (DecoderFallbackException)
        {
            throw CasbinException.At(path, "the file is not UTF-8; save it as UTF-8");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CasbinException($"{path}: the file cannot be read ({exception.Message}); check the path and its permissions", exception);
        }
    }
}
