using Gateway.Actions;
using Xunit;

namespace Gateway.Tests.Actions;

public sealed class CatalogueFaultTests
{
    private const string Sound = """
        {
          "service": "test",
          "prefixes": ["/v1"],
          "types": {"word": {"type": "string"}},
          "operations": [
            {"name": "things:list", "method": "GET", "path": "/things", "rules": ["r:list"], "target": "caller", "target_type": "test/thing"},
            {"name": "things:action", "method": "POST", "path": "/things/{id}/action", "target": "caller", "target_type": "test/thing", "body": "action",
              "actions": [
                {"key": "turn", "rules": ["r:turn"], "cadf_action": "update", "success": 202, "to": "2.9", "body": [
                  {"from": "2.1", "to": "2.4", "schema": true},
                  {"from": "2.5", "to": "2.9", "schema": {"$ref": "#/types/word"}}]}]}
          ]
        }
        """;

    [Fact]
    public void A_sound_file_loads_and_may_add_another_api()
    {
        var catalogue = ApiCatalogue.Load([.. CatalogueFile.Embedded(), new CatalogueFile("test.json", Sound)]);

        Assert.Equal("things:action", catalogue.Match("POST", "/v1/things/7/action")!.Operation.Name);
        Assert.Equal("test", catalogue.Match("GET", "/v1/things")!.Operation.Service);
        Assert.Equal("servers:list", catalogue.Match("GET", "/v2.1/servers")!.Operation.Name);
    }

    /// <summary>A start takes it for granted.</summary>
    [Fact]
    public void The_built_in_files_fit_the_schema()
    {
        var shape = new CatalogueShape();
        var problems = new List<string>();
        Assert.NotEmpty(CatalogueFile.Embedded());
        Assert.All(CatalogueFile.Embedded(), file => Assert.NotNull(shape.Read(file, problems)));
        Assert.Empty(problems);
    }

    [Fact]
    public void A_built_in_file_with_one_change_is_held_to_the_schema()
    {
        var file = CatalogueFile.Embedded()[0];
        var e = Assert.Throws<CatalogueException>(() => ApiCatalogue.Load([file with { Text = file.Text.Replace("\"service\"", "\"servise\"", StringComparison.Ordinal) }]));
        Assert.Contains("servise: unknown key", e.Message, StringComparison.Ordinal);
    }

    private const string Vendor = """
        {
          "service": "compute",
          "prefixes": ["/v2.1", "/v2.1/{project_id}", "/v2", "/v2/{project_id}"],
          "operations": [
            {"name": "servers:action", "method": "POST", "path": "/servers/{server_id}/action", "target": "server", "target_type": "compute/server", "body": "action",
              "actions": [{"key": "acme-defrost", "rules": ["acme:defrost"], "cadf_action": "update/defrost", "success": 202, "body": [{"from": "2.1", "schema": {"type": "null"}}]}]}
          ]
        }
        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_may_add_an_action_to_an_operation_of_another(bool vendorFirst)
    {
        var vendor = new CatalogueFile("vendor.json", Vendor);
        CatalogueFile[] files = vendorFirst ? [vendor, .. CatalogueFile.Embedded()] : [.. CatalogueFile.Embedded(), vendor];
        var catalogue = ApiCatalogue.Load(files);
        var match = catalogue.Match("POST", Requests.ActionPath)!;

        Assert.Equal(42, match.Operation.Actions.Count);
        Assert.Equal("acme:defrost", ActionReader.Read(match, "{\"acme-defrost\": null}"u8.ToArray(), new(2, 1)).Action!.Rules.Single().Name);
        Assert.Equal("schema", ActionReader.Read(match, "{\"acme-defrost\": 1}"u8.ToArray(), new(2, 1)).Refusal!.Reason);
        Assert.Equal(["acme:defrost"], catalogue.FurtherRules);
        Assert.Equal(TargetKind.Server, match.Operation.Target);
    }

    [Theory]
    [InlineData("\"target\": \"server\"", "\"target\": \"caller\"", "target")]
    [InlineData("\"target_type\": \"compute/server\"", "\"target_type\": \"acme/thing\"", "target_type")]
    [InlineData("\"method\": \"POST\"", "\"from\": \"2.50\", \"method\": \"POST\"", "from, to")]
    [InlineData("\"service\": \"compute\"", "\"service\": \"acme\"", "service")]
    public void What_a_file_says_of_anothers_operation_is_the_same(string same, string other, string member)
    {
        var vendor = new CatalogueFile("acme.json", Vendor.Replace(same, other, StringComparison.Ordinal));

        var first = Assert.Throws<CatalogueException>(() => ApiCatalogue.Load([vendor, .. CatalogueFile.Embedded()]));
        var last = Assert.Throws<CatalogueException>(() => ApiCatalogue.Load([.. CatalogueFile.Embedded(), vendor]));

        Assert.Contains($"config/api/compute-server-actions.json: operation `servers:action`: `{member}` is another than in acme.json, where the operation stands; write the same", first.Problems);
        Assert.Contains($"acme.json: operation `servers:action`: `{member}` is another than in config/api/compute-server-actions.json, where the operation stands; write the same", last.Problems);
    }

    [Fact]
    public void Secrets_of_an_operation_are_those_of_its_actions()
    {
        var vendor = Vendor.Replace("\"body\": \"action\"", "\"body\": \"action\", \"secrets\": [\"pin\"]", StringComparison.Ordinal).Replace("\"type\": \"null\"", "\"type\": \"object\"", StringComparison.Ordinal);
        var catalogue = ApiCatalogue.Load([.. CatalogueFile.Embedded(), new CatalogueFile("vendor.json", vendor)]);

        var action = ActionReader.Read(catalogue.Match("POST", Requests.ActionPath)!, "{\"acme-defrost\": {\"pin\": 1234}}"u8.ToArray(), new(2, 1)).Action!;

        Assert.Equal("""{"acme-defrost":{"pin":"[removed]"}}""", System.Text.Encoding.UTF8.GetString(action.RedactedBody()!.Json.Span));
    }

    [Fact]
    public void Items_are_compared_with_each_other_only_where_there_are_few()
    {
        var vendor = Vendor.Replace("{\"type\": \"null\"}", "{\"type\": \"array\", \"uniqueItems\": true}", StringComparison.Ordinal);
        var e = Assert.Throws<CatalogueException>(() => ApiCatalogue.Load([.. CatalogueFile.Embedded(), new CatalogueFile("vendor.json", vendor)]));
        Assert.Contains("needs `maxItems` beside it, of at most 256", Assert.Single(e.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void An_action_that_is_there_already_cannot_be_added()
    {
        var e = Assert.Throws<CatalogueException>(() => ApiCatalogue.Load(
            [.. CatalogueFile.Embedded(), new CatalogueFile("vendor.json", Vendor.Replace("acme-defrost", "migrate", StringComparison.Ordinal))]));

        Assert.Equal(["vendor.json: operation `servers:action`: the action `migrate` is in config/api/compute-server-actions.json already; remove one"], e.Problems);
    }

    [Theory]
    [InlineData("\"rules\": [\"r:list\"], ", "", "test.json: operations[0] (things:list): `rules` is missing; name the rules that guard it, or write `access: authenticated`")]
    [InlineData("\"rules\": [\"r:list\"]", "\"rules\": [\"r:list\"], \"access\": \"public\"", "test.json: operations[0] (things:list): `access: public` asks no rules; remove them, or leave `access` out")]
    [InlineData("\"rules\": [\"r:list\"]", "\"rulez\": [\"r:list\"]", "test.json:6: operations[0].rulez (things:list): unknown key; known are access, actions, body, cadf_action, changes, cost, from, method, name, path, prefixed, rules, rules_when, secrets, success, target, target_attributes, target_project, target_type, target_user, to")]
    [InlineData("\"method\": \"GET\"", "\"method\": \"get\"", "test.json:6: operations[0].method (things:list): `\"get\"` is none of `GET`, `POST`, `PUT`, `PATCH`, `DELETE`")]
    [InlineData("\"method\": \"GET\", ", "", "test.json:6: operations[0].method (things:list): is missing; add it")]
    [InlineData("\"path\": \"/things\"", "\"path\": \"things\"", "test.json:6: operations[0].path (things:list): `\"things\"` does not match `^/`")]
    [InlineData("\"path\": \"/things\"", "\"path\": \"/a{b}\"", "test.json: operations[0] (things:list): `a{b}` in the path is no parameter; a parameter is a whole segment, {server_id}")]
    [InlineData("\"path\": \"/things\"", "\"path\": \"/a//b\"", "test.json: operations[0] (things:list): the path `/a//b` has an empty segment")]
    [InlineData("\"success\": 202", "\"success\": \"202\"", "test.json:9: operations[1].actions[0].success (things:action): `\"202\"` does not fit: IntegerExpected, integer is expected")]
    [InlineData("\"target\": \"caller\", \"target_type\": \"test/thing\"}", "\"target\": \"server\", \"target_type\": \"test/thing\"}", "test.json: operations[0] (things:list): `target: server` needs {server_id} in the path `/things`")]
    [InlineData("\"target_type\": \"test/thing\"}", "\"target_type\": \"test/thing\", \"target_project\": \"path:project\"}", "test.json: operations[0] (things:list): `target_project: path:project` is no parameter of the path `/things`")]
    [InlineData("things:action\"", "things:list\"", "test.json: operation `things:list`: the name `things:list` is taken in test.json; choose another")]
    [InlineData("\"key\": \"turn\"", "\"key\": \"turn\", \"name\": \"things:list\"", "test.json: operation `things:action`: the name `things:list` is taken in test.json; choose another")]
    [InlineData("\"POST\", \"path\": \"/things/{id}/action\"", "\"GET\", \"path\": \"/things\"", "test.json: operation `things:action`: GET /v1/things is `things:list` already; remove one")]
    [InlineData("\"body\": \"action\",", "\"body\": \"required\",", "test.json: operations[1] (things:action): `actions` and `body: action` go together; give both or neither")]
    [InlineData("\"from\": \"2.5\"", "\"from\": \"2.6\"", "test.json: operations[1] (things:action) action `turn`: the body for 2.6 to 2.9 should begin with 2.5")]
    [InlineData("\"to\": \"2.9\", \"schema\"", "\"schema\"", "test.json: operations[1] (things:action) action `turn`: the bodies end at no version, the action at 2.10; make them the same")]
    [InlineData("\"to\": \"2.9\", \"body\"", "\"to\": \"2.0\", \"body\"", "test.json: operations[1] (things:action) action `turn`: `to: 2.0` is before `from: 2.1`")]
    [InlineData("\"#/types/word\"", "\"#/types/world\"", "test.json: operations[1] (things:action) action `turn` body[1].schema.$ref: `#/types/world` names no type of this file; define it under `types` and write `#/types/NAME`")]
    [InlineData("{\"$ref\": \"#/types/word\"}", "{\"format\": \"uid\"}", "test.json: operations[1] (things:action) action `turn` body[1].schema.format: unknown format `uid`; known are base64, ipv4, ipv6, name, printable, uuid")]
    [InlineData("{\"$ref\": \"#/types/word\"}", "{\"type\": \"text\"}", "test.json: operations[1] (things:action) action `turn` body[1].schema.type: unknown type `text`; known are object, array, string, number, integer, boolean, null")]
    [InlineData("{\"$ref\": \"#/types/word\"}", "{\"minLength\": \"1\"}", "test.json: operations[1] (things:action) action `turn` body[1].schema.minLength: must be a whole number, not `\"1\"`")]
    [InlineData("{\"$ref\": \"#/types/word\"}", "7", "test.json: operations[1] (things:action) action `turn` body[1].schema: a schema is an object or `true`, not `7`")]
    [InlineData("{\"type\": \"string\"}", "{\"$ref\": \"#/types/word\"}", "test.json: types.word: a named type may not use `$ref`; write its schema out")]
    [InlineData("\"/v1\"", "\"/v1/{project_id}/{project_id}\"", "test.json: prefixes: `/v1/{project_id}/{project_id}` has {project_id} twice; once is enough")]
    public void Names_place_value_and_remedy_of(string sound, string faulty, string problem)
    {
        Assert.Contains(sound, Sound, StringComparison.Ordinal);
        var at = Sound.IndexOf(sound, StringComparison.Ordinal);
        var text = string.Concat(Sound.AsSpan(0, at), faulty, Sound.AsSpan(at + sound.Length));

        var e = Assert.Throws<CatalogueException>(() => ApiCatalogue.Load([new CatalogueFile("test.json", text)]));

        Assert.Contains(problem, e.Problems);
    }

    [Fact]
    public void An_unknown_keyword_and_a_bad_pattern_are_faults()
    {
        var text = Sound.Replace("{\"$ref\": \"#/types/word\"}", "{\"minlength\": 1, \"pattern\": \"(?=a)b\"}", StringComparison.Ordinal);

        var e = Assert.Throws<CatalogueException>(() => ApiCatalogue.Load([new CatalogueFile("test.json", text)]));

        Assert.Contains(e.Problems, problem => problem.Contains("unknown schema keyword `minlength`", StringComparison.Ordinal));
        Assert.Contains(e.Problems, problem => problem.Contains("`(?=a)b` is not a usable regular expression", StringComparison.Ordinal));
    }

    [Fact]
    public void Lists_the_faults_of_all_files()
    {
        var e = Assert.Throws<CatalogueException>(() => ApiCatalogue.Load(
            [new CatalogueFile("one.json", "{"), new CatalogueFile("two.json", "{\"service\": \"a\", \"service\": \"b\"}"), new CatalogueFile("three.json", "[]")]));

        Assert.StartsWith("one.json:1: is not JSON, or has a key twice: ", e.Problems[0], StringComparison.Ordinal);
        Assert.StartsWith("two.json: is not JSON, or has a key twice: ", e.Problems[1], StringComparison.Ordinal);
        Assert.StartsWith("three.json:1: the file: ", e.Problems[2], StringComparison.Ordinal);
    }

    [Fact]
    public void No_file_is_a_fault() =>
        Assert.Equal(
            ["the catalogue has no file, so that every request would be refused; name a folder with `.json` files"],
            Assert.Throws<CatalogueException>(() => ApiCatalogue.Load([])).Problems);
}
