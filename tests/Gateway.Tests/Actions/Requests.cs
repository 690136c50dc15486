using System.Text;
using Gateway.Actions;
using Gateway.FrontDoor;
using Xunit;

namespace Gateway.Tests.Actions;

/// <summary>Requests as these tests write them, read with the catalogue that ships.</summary>
internal static class Requests
{
    public const string ServerId = "6b1c2a34-0d1e-4f5a-9b8c-7d6e5f4a3b2c";

    public const string ActionPath = $"/v2.1/servers/{ServerId}/action";

    private static readonly Lazy<ApiCatalogue> Shipped = new(ApiCatalogue.LoadEmbedded);

    public static ApiCatalogue Catalogue => Shipped.Value;

    public static OperationMatch Match(string method, string path)
    {
        var match = Catalogue.Match(method, path, out var miss);
        Assert.True(match is not null, $"{method} {path}: {miss}");
        return match;
    }

    public static ActionReading Action(string body, string version = "2.1", string path = ActionPath) =>
        Action(Encoding.UTF8.GetBytes(body), version, path);

    public static ActionReading Action(byte[] body, string version = "2.1", string path = ActionPath) =>
        ActionReader.Read(Match("POST", path), body, Microversion.Parse(version));

    public static ActionReading Read(string method, string path, string body = "", string version = "2.1", string query = "", string? project = null) =>
        ActionReader.Read(Match(method, path), Encoding.UTF8.GetBytes(body), Microversion.Parse(version), query, project);

    public static string[] Rules(ActionReading reading)
    {
        Assert.True(reading.Succeeded, reading.Refusal?.Message);
        return [.. reading.Action.Rules.Select(rule => rule.Name)];
    }
}
