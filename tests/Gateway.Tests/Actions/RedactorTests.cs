using System.Collections.Frozen;
using System.Text;
using CsCheck;
using Gateway.Actions;
using Xunit;

namespace Gateway.Tests.Actions;

public sealed class RedactorTests
{
    [Theory]
    [InlineData("""{"changePassword": {"adminPass": "hunter2"}}""", """{"changePassword":{"adminPass":"[removed]"}}""")]
    [InlineData("""{"rescue": {"adminPass": "hunter2"}}""", """{"rescue":{"adminPass":"[removed]"}}""")]
    [InlineData("""{"lock": {"a": [{"admin_pass": "hunter2", "b": 1}]}}""", """{"lock":{"a":[{"admin_pass":"[removed]","b":1}]}}""")]
    [InlineData("""{"lock": {"AdminPass": 123456, "userPassword": ["hunter2"]}}""", """{"lock":{"AdminPass":"[removed]","userPassword":["[removed]"]}}""")]
    [InlineData("""{"lock": {"token": {"id": "hunter2"}, "auth_token": null}}""", """{"lock":{"token":{"id":"[removed]"},"auth_token":null}}""")]
    [InlineData("""{"lock": {"adm\u0069nPass": "hunter2"}}""", """{"lock":{"adminPass":"[removed]"}}""")]
    [InlineData(
        """{"createBackup": {"name": "b", "backup_type": "d", "rotation": 1, "metadata": {"k": "hunter2"}}}""",
        """{"createBackup":{"name":"b","backup_type":"d","rotation":1,"metadata":{"k":"[removed]"}}}""")]
    [InlineData(
        """{"rebuild": {"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "personality": [{"path": "/p", "contents": "aHVudGVyMg=="}]}}""",
        """{"rebuild":{"imageRef":"70a599e0-31e7-49b7-b260-868f441e862b","personality":[{"path":"[removed]","contents":"[removed]"}]}}""")]
    [InlineData(
        """{"lock": {"meta": {"k": "hunter2"}, "api_key": "hunter2", "AccessKey": ["hunter2"]}}""",
        """{"lock":{"meta":{"k":"[removed]"},"api_key":"[removed]","AccessKey":["[removed]"]}}""")]
    public void Removes_secrets_at_any_depth(string body, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(Requests.Action(body).Action!.RedactedBody()!.Json.Span));

    [Theory]
    [InlineData("""{"lock": {"a": "https://console.example/vnc_auto.html?path=%3Ftoken%3Dhunter2"}}""")]
    [InlineData("""{"lock": {"a": ["wss://console.example:6080/?token=hunter2"]}}""")]
    [InlineData("""{"lock": {"a": "rbd://admin:hunter2@store.example/pool"}}""")]
    [InlineData("""{"lock": {"a": "https://objects.example/x?Signature=hunter2&Expires=1"}}""")]
    public void Removes_addresses_that_give_access(string body) =>
        Assert.DoesNotContain("hunter2", Encoding.UTF8.GetString(Requests.Action(body).Action!.RedactedBody()!.Json.Span), StringComparison.Ordinal);

    [Fact]
    public void Keeps_addresses_that_do_not() =>
        Assert.Contains("https://example.org/a?b=c", Encoding.UTF8.GetString(Requests.Action("""{"lock": {"a": "https://example.org/a?b=c"}}""").Action!.RedactedBody()!.Json.Span), StringComparison.Ordinal);

    [Fact]
    public void Removes_what_operators_name_and_shows_the_metadata_they_name()
    {
        var redaction = new Redaction(new[] { "recipe" }.ToFrozenSet(), new[] { "tier", "db-password" }.ToFrozenSet());
        var action = Requests.Action("""{"lock": {"recipe": "hunter2", "metadata": {"tier": "gold", "key": "hunter2", "db-password": "hunter2"}, "meta": {"tier": "gold", "key": "hunter2"}, "list": [{"recipe": [1]}]}}""").Action!;

        Assert.Equal(
            """{"lock":{"recipe":"[removed]","metadata":{"tier":"gold","key":"[removed]","db-password":"[removed]"},"meta":{"tier":"gold","key":"[removed]"},"list":[{"recipe":["[removed]"]}]}}""",
            Encoding.UTF8.GetString(action.RedactedBody(redaction)!.Json.Span));
    }

    [Fact]
    public void Removes_secrets_of_new_servers()
    {
        var action = Requests.Read(
            "POST", "/v2.1/servers",
            """{"server": {"name": "s", "adminPass": "hunter2", "user_data": "aHVudGVyMg==", "metadata": {"k": "hunter2"}, "networks": "none"}}""").Action!;

        Assert.Equal(
            """{"server":{"name":"s","adminPass":"[removed]","user_data":"[removed]","metadata":{"k":"[removed]"},"networks":"none"}}""",
            Encoding.UTF8.GetString(action.RedactedBody()!.Json.Span));
    }

    [Theory]
    [InlineData("""{"createBackup": {"name": "b", "backup_type": "d", "rotation": 1}}""", 0)]
    [InlineData("""{"rescue": {"adminPass": "hunter2"}}""", 1)]
    [InlineData("""{"lock": {"a": [{"password": ["x", {"y": 1}]}]}}""", 2)]
    public void Tells_how_many_values_were_secret(string body, int removed) =>
        Assert.Equal(removed, Requests.Action(body).Action!.RedactedBody()!.Removed);

    [Fact]
    public void No_secret_survives_wherever_it_stands()
    {
        const string Secret = "hunter2-hunter2";
        var names = Gen.OneOf("a", "adminPass", "password", "user_data", "metadata", "x_Token", "contents", "db-secret");
        var tree = Gen.Recursive<string>((depth, inner) => depth > 4
            ? Gen.Const($"\"{Secret}\"")
            : Gen.OneOf(
                inner.Array[1, 3].Select(items => $"[{string.Join(",", items)}]"),
                Gen.Select(names, inner).Array[1, 4].Select(members => $"{{{string.Join(",", members.DistinctBy(m => m.Item1).Select(m => $"\"{m.Item1}\":{m.Item2}"))}}}")));

        Gen.Select(Gen.OneOf("adminPass", "Password", "user_data", "metadata", "secret"), tree).Sample((name, value) =>
        {
            var action = Requests.Action($"{{\"unlock\": {{\"deep\": [{{\"{name}\": {value}}}]}}}}").Action!;
            Assert.DoesNotContain(Secret, Encoding.UTF8.GetString(action.RedactedBody()!.Json.Span), StringComparison.Ordinal);
        });
    }
}
