using System.Text;
using Gateway.Actions;

namespace Gateway.Auditing;

/// <summary>A request target as the record keeps it.</summary>
internal static class RequestLine
{
    /// <summary>Percent-encoding within percent-encoding is followed so far; who writes more of it hides something.</summary>
    private const int MostDecodings = 4;

    /// <summary>
    /// Without what is secret by its name: the values of query parameters, and the parts of a path that stand behind such a name, as a token does in
    /// <c>/os-console-auth-tokens/{console_token}</c>.
    /// </summary>
    /// <param name="target">As sent.</param>
    /// <param name="redaction">What operators say.</param>
    /// <param name="operation">The operation it names, when it names one.</param>
    public static string WithoutSecrets(string target, Redaction redaction, OperationMatch? operation = null)
    {
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var path = Path(question < 0 ? target : target[..question], operation);
        return question < 0 ? path : $"{path}?{Query(target[(question + 1)..], redaction)}";
    }

    private static string Path(string path, OperationMatch? operation)
    {
        var words = operation?.Operation.Path ?? "";
        if (!path.Contains('%', StringComparison.Ordinal) && !SecretNames.SpeaksOfCredentials(path) && !SecretNames.SpeaksOfCredentials(words)) return path;
        var parts = path.Split('/');
        var template = words.Split('/');
        for (var i = 1; i < parts.Length; i++)
        {
            // The template stands at the path's end, behind the prefix.
            var parameter = i - (parts.Length - template.Length) is >= 0 and var at && template[at] is ['{', .. var name, '}'] ? name : "";
            if (parts[i].Length > 0 && (SecretNames.SpeaksOfCredentials(Decoded(parts[i - 1])) || SecretNames.SpeaksOfCredentials(parameter))) parts[i] = Redactor.Marker;
        }

        return string.Join('/', parts);
    }

    private static string Query(string query, Redaction redaction)
    {
        var shown = new StringBuilder(query.Length);
        foreach (var range in query.AsSpan().SplitAny('&', ';'))
        {
            // Its separator, as it was written.
            if (range.Start.Value > 0) shown.Append(query[range.Start.Value - 1]);
            var part = query[range];
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var isSecret = equals >= 0
                && (SecretNames.Contains(Decoded(part[..equals].Replace('+', ' ')), redaction.Secrets) || SecretText.IsIn(Decoded(part[(equals + 1)..])));
            shown.Append(isSecret ? $"{part[..equals]}={Redactor.Marker}" : part);
        }

        return shown.ToString();
    }

    /// <summary>Decoded until nothing changes any more: a reader of the record may do so, too.</summary>
    private static string Decoded(string text)
    {
        for (var i = 0; i < MostDecodings; i++)
        {
            var decoded = Uri.UnescapeDataString(text);
            if (decoded == text) break;
            text = decoded;
        }

        return text;
    }
}
