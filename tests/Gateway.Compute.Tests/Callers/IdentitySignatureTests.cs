using System.Text;
using CsCheck;
using Gateway.Compute.Callers;

namespace Gateway.Compute.Tests.Callers;

public sealed class IdentitySignatureTests
{
    private const string Target = "/v2.1/servers/11111111-1111-1111-1111-111111111111/action";
    private const string Body = """{"migrate": null}""";

    private static readonly Dictionary<string, string> Headers = new()
    {
        ["X-Identity-Status"] = "Confirmed",
        ["X-User-Id"] = "u1",
        ["X-Project-Id"] = "p1",
        ["X-Roles"] = "admin,member",
    };

    [Fact]
    public void Gives_the_known_answer_of_the_README() =>
        Assert.Equal("v1=3846038abff89fe849f0bb131321b97b6992cd651a8861ad6a04d767e78546e0", Sign("test-secret", "POST", Target, "1700000000", Body, Headers));

    [Fact]
    public void Changes_with_every_part_that_is_signed()
    {
        var signatures = new List<string>
        {
            Sign("test-secret", "POST", Target, "1700000000", Body, Headers),
            Sign("test-secreu", "POST", Target, "1700000000", Body, Headers),
            Sign("test-secret", "PUT", Target, "1700000000", Body, Headers),
            Sign("test-secret", "POST", Target + "?a=b", "1700000000", Body, Headers),
            Sign("test-secret", "POST", Target, "1700000001", Body, Headers),
            Sign("test-secret", "POST", Target, "1700000000", Body + " ", Headers),
        };
        foreach (var name in IdentitySignature.IdentityHeaders)
            signatures.Add(Sign("test-secret", "POST", Target, "1700000000", Body, new(Headers) { [name] = "another" }));
        foreach (var name in Headers.Keys)
            signatures.Add(Sign("test-secret", "POST", Target, "1700000000", Body, Headers.Where(header => header.Key != name).ToDictionary()));

        Assert.Equal(signatures.Count, signatures.Distinct().Count());
    }

    [Fact]
    public void Tells_an_empty_header_from_an_absent_one() => Assert.NotEqual(
        Sign("s", "GET", "/", "0", "", new() { ["X-Domain-Id"] = "" }),
        Sign("s", "GET", "/", "0", "", []));

    [Fact]
    public void Differs_for_different_roles() => Gen.Select(Gen.String[0, 20], Gen.String[0, 20]).Sample((left, right) =>
        (left == right) == (
            Sign("s", "GET", "/", "0", "", new() { ["X-Roles"] = left }) == Sign("s", "GET", "/", "0", "", new() { ["X-Roles"] = right }))
        || Encoding.UTF8.GetBytes(left).SequenceEqual(Encoding.UTF8.GetBytes(right)));

    private static string Sign(string secret, string method, string target, string timestamp, string body, Dictionary<string, string> headers) =>
        IdentitySignature.Compute(Encoding.UTF8.GetBytes(secret), method, target, timestamp, Encoding.UTF8.GetBytes(body), headers.GetValueOrDefault);
}
