namespace Gateway.Cli.Tests;

public sealed class PolicyParseCommandTests
{
    [Fact]
    public async Task Writes_the_canonical_text_of_every_rule()
    {
        using var folder = new TemporaryFolder();
        folder.Write("lines", """
            {"id": 1, "check": "role:a  OR role:b and ( not role:c )"}
            {"id": 2, "check": [["role:a", "role:b"], "@"]}
            {"id": 3, "check": "role:a role:b"}
            {"id": 4, "check": ""}
            {"id": 5}
            """);
        var run = await Run.OfAsync(folder, ["policy", "parse", "lines"]);
        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Errors));
        Assert.Equal("""
            {"id":1,"canonical":"(role:a or (role:b and not role:c))"}
            {"id":2,"canonical":"((role:a and role:b) or @)"}
            {"id":3,"canonical":"!"}
            {"id":4,"canonical":"@"}
            {"id":null,"error":"bad_line: `check` is missing"}

            """, run.Output);
    }
}
