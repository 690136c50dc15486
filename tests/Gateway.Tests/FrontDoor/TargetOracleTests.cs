using CsCheck;
using Gateway.Actions;
using Gateway.FrontDoor;
using Gateway.Testing;
using Gateway.Tests.Actions;
using Xunit;

namespace Gateway.Tests.FrontDoor;

/// <summary>
/// A server under Python takes a target apart in its own way: it decodes, forgives doubled slashes, and knows parameters. Whatever comes, it arrives at
/// the operation, the ids and the parameters that were found here, or the target was refused.
/// </summary>
public sealed class TargetOracleTests(NovaReader nova) : IClassFixture<NovaReader>
{
    private const int Batch = 500;

    private static readonly Gen<string> Parameters = Gen.OneOf(
        Requests.ServerId, Requests.ServerId, Requests.ServerId.ToUpperInvariant(), "web", "my%20key", "m%C3%BCnchen", "hw:cpu_policy", "1", "d799dd2d294cd5344e7bdd6ee4c62554", ".", "..", "a+b", "%2E");

    private static readonly Gen<string> Queries = Gen.OneOf(
        "", "", "", "?", "?all_tenants=1", "?all_tenants=1&all_tenants=0", "?all_tenants=0;all_tenants=1", "?project_id=a%20b&limit=1", "?name=%5Eweb%24", "?a+b=c+d", "?=x&&y", "??all_tenants=1",
        "?all_tenants", "?project_id=%ff", "?project_id=%C3%BC", "?project_id=%C3", "?x=%", "?x=%zz", "?_method=PUT", "?%5fmethod=PUT", "?a=1;_method=PUT", "?a=b=c", "?%61ll_tenants=1");

    private static readonly Gen<string> Pieces = Gen.OneOf(
        "/", "//", "/./", "/../", "%2F", "%2f", "%5C", "\\", "%2e", "%2E%2E", "%61", "%00", "%0A", "%0d%0a", "%ff", "%FF", "%C3%BC", "%25", "%252F", ";", ";x=1", "?", "#", "%3F", "%23", "%20", "+", "&", "=", "%", "%4",
        " ", "\t", "\u00e9", "A", "action", ".json", "_method", "~", "*", "|", "^", "[", "{");

    private static readonly Gen<string> Targets =
        from operation in Gen.OneOf([.. Requests.Catalogue.Operations.Select(known => known.Path)])
        from prefix in Gen.OneOf("/v2.1", "/v2.1", "/v2", "/v2.1/d799dd2d294cd5344e7bdd6ee4c62554", "/V2.1", "")
        from parameters in Parameters.Array[RouteTrie.MaxParameters]
        from query in Queries
        from mutations in Gen.Select(Gen.Int[0, 100_000], Pieces, Gen.Int[0, 6]).Array[0, 2]
        select mutations.Aggregate(Fill(prefix + operation, parameters) + query, Mutate);

    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE"];

    [Fact]
    public void What_is_found_is_what_Python_finds()
    {
        var found = 0;
        Targets.Array[Batch].Sample(
            targets =>
            {
                found += targets.Count(target => Accepted(target).Any());
                return targets.All(target => Difference(target) is null);
            },
            iter: FuzzEffort.Of(80), threads: 1,
            print: targets => string.Join('\n', targets.Select(target => (target, Difference(target))).Where(one => one.Item2 is not null).Take(5).Select(one => $"{one.target}: {one.Item2}")));
        Assert.True(found > 1000, $"only {found} targets were accepted, too few to tell anything");
    }

    /// <summary>Found by this test, and targets like them: refused, or read alike.</summary>
    [Theory]
    [InlineData("/v2.1/servers/detail?all_tenants=0;all_tenants=1")]
    [InlineData("/v2.1/servers/detail??all_tenants=1")]
    [InlineData("/v2.1/servers/detail?project_id=%ff")]
    [InlineData("/v2.1/servers/detail?project_id=%C3")]
    [InlineData("/v2.1/servers/detail?project_id=%zz")]
    [InlineData("/v2.1/servers/detail?project_id=%")]
    [InlineData("/v2.1/servers/detail?a+b=c+d&%61ll_tenants=1")]
    public void A_query_is_refused_or_read_as_Python_reads_it(string target) => Assert.Null(Difference(target));

    private static IEnumerable<(RequestTarget Target, OperationMatch Match)> Accepted(string raw)
    {
        if (RequestTarget.Parse(raw).IsRefused(out var target, out _)) yield break;
        foreach (var method in Methods)
            if (Requests.Catalogue.Match(method, target.Path) is { } match) yield return (target, match);
    }

    /// <summary>What Python makes of a target that is accepted here, when it is something else.</summary>
    private string? Difference(string raw)
    {
        foreach (var (target, match) in Accepted(raw))
        {
            if (nova.TargetOf(raw) is not { } read) return "Python cannot read it";
            var segments = (match.Prefix + match.Operation.Path).Split('/', StringSplitOptions.RemoveEmptyEntries)
                .Select(segment => segment is ['{', .. var name, '}'] ? match.Parameter(name)! : segment).ToArray();
            if (!segments.SequenceEqual(read.Segments, StringComparer.Ordinal))
                return $"{match.Operation.Name} of [{string.Join(' ', segments)}], Python has [{string.Join(' ', read.Segments)}]";
            if (read.Parameters.Any(parameter => parameter.Key.Contains("_method", StringComparison.OrdinalIgnoreCase) && parameter.Key.Trim().Length == 7))
                return "Python finds another method in it";
            var query = new QueryParameters(target.Query);
            foreach (var name in read.Parameters.Select(parameter => parameter.Key).Append("all_tenants").Append("project_id").Distinct(StringComparer.Ordinal))
            {
                var values = read.Parameters.Where(parameter => parameter.Key == name).Select(parameter => parameter.Value).ToArray();
                if (!values.SequenceEqual(query.All(name), StringComparer.Ordinal))
                    return $"{name} is [{string.Join(' ', query.All(name))}], for Python [{string.Join(' ', values)}]";
            }
        }

        return null;
    }

    private static string Fill(string template, string[] parameters)
    {
        var next = 0;
        return string.Join('/', template.Split('/').Select(segment => segment.StartsWith('{') ? parameters[next++] : segment));
    }

    private static string Mutate(string target, (int At, string Piece, int Kind) mutation)
    {
        var at = target.Length == 0 ? 0 : mutation.At % target.Length;
        return mutation.Kind switch
        {
            0 => target[..at] + mutation.Piece + target[at..],
            1 when target.Length > 0 => target[..at] + mutation.Piece + target[(at + 1)..],
            2 when target.Length > 0 => target[..at] + target[(at + 1)..],
            // The same character in another spelling.
            3 when target.Length > 0 => $"{target[..at]}%{(int)target[at] & 0xff:X2}{target[(at + 1)..]}",
            4 when target.Length > 0 => target[..at] + (char)(target[at] ^ 0x20) + target[(at + 1)..],
            5 => target + mutation.Piece,
            _ => target,
        };
    }
}
