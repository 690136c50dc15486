using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace Gateway.Casbin;

/// <summary>Reads and writes policy.csv: one row a line, `"` quotes a field, `#` as the first character makes a comment.</summary>
internal static class PolicyCsv
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create("\",#()\r\n");

    public static IEnumerable<PolicyRow> Parse(string text, string file)
    {
        var line = 0;
        foreach (var raw in text.Split('\n'))
        {
            line++;
            var content = raw.AsSpan().Trim();
            if (line == 1)
                content = content.TrimStart('\uFEFF').TrimStart();
            if (content.IsEmpty || content[0] == '#')
                continue;
            var fields = ParseLine(content.ToString(), $"{file}:{line}");
            yield return new PolicyRow(fields[0], fields[1..], file, line);
        }
    }

    public static string Format(PolicyRow row) => string.Join(", ", row.Values.Prepend(row.PolicyType).Select(Quote));

    private static ImmutableArray<string> ParseLine(string line, string place)
    {
        var fields = ImmutableArray.CreateBuilder<string>();
        var position = 0;
        while (true)
        {
            while (position < line.Length && char.IsWhiteSpace(line[position]))
                position++;
            fields.Add(position < line.Length && line[position] == '"'
                ? ReadQuoted(line, ref position, place)
                : ReadPlain(line, ref position, place));
            if (position == line.Length)
                return fields.ToImmutable();
            position++;
        }
    }

    private static string ReadQuoted(string line, ref int position, string place)
    {
        var value = new StringBuilder();
        for (position++; position < line.Length; position++)
        {
            if (line[position] != '"')
            {
                value.Append(line[position]);
            }
            else if (position + 1 < line.Length && line[position + 1] == '"')
            {
                value.Append('"');
                position++;
            }
            else
            {
                position++;
                while (position < line.Length && char.IsWhiteSpace(line[position]))
                    position++;
                if (position < line.Length && line[position] != ',')
                    throw CasbinException.At(place, $"text after the closing quote of a field: `{line[position..]}`; double a `\"` that belongs to the field");
                return value.ToString();
            }
        }

        throw CasbinException.At(place, "a quoted field is not closed; end it with `\"` on the same line");
    }

    /// <summary>Commas within parentheses do not end the field, so that an expression needs no quotes.</summary>
    private static string ReadPlain(string line, ref int position, string place)
    {
        var start = position;
        var depth = 0;
        for (; position < line.Length; position++)
        {
            var c = line[position];
            if (c == '(')
                depth++;
            else if (c == ')' && depth > 0)
                depth--;
            else if (c == ',' && depth == 0)
                break;
            else if (c == '#' && position > start && char.IsWhiteSpace(line[position - 1]))
                throw CasbinException.At(place, $"`{line[position..]}` would become part of a field; a comment has a line of its own, a field with ` #` is quoted");
        }

        if (depth != 0)
            throw CasbinException.At(place, $"`(` without `)` in the field `{line[start..].Trim()}`; quote a field whose parentheses do not pair");
        return line[start..position].Trim();
    }

    private static string Quote(string field)
    {
        var plain = field.Length > 0 && field.AsSpan().Trim().Length == field.Length && !field.AsSpan().ContainsAny(Quoted);
        return plain ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
