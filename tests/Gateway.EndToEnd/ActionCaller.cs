using System.Net;
using System.Text;

namespace Gateway.EndToEnd;

/// <summary>A user of one gateway who calls actions of the one server, as many at once as he likes.</summary>
internal sealed class ActionCaller : IDisposable
{
    public const string Backup = """{"createBackup": {"name": "b", "backup_type": "", "rotation": 1}}""";
    public const string Stop = """{"os-stop": null}""";
    public const string Start = """{"os-start": null}""";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(1) };
    private readonly Uri _address;

    private ActionCaller(GatewayProcess gateway, string token)
    {
        _address = new Uri(gateway.DataPort, RawRequest.ActionPath);
        _http.DefaultRequestHeaders.Add("X-Auth-Token", token);
    }

    public static async Task<ActionCaller> OfAsync(GatewayProcess gateway, string user = "alice") =>
        new(gateway, await new Clients(gateway).TokenAsync(user));

    public async Task<HttpStatusCode> ActAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(_address, content);
        return answer.StatusCode;
    }

    public void Dispose() => _http.Dispose();
}
