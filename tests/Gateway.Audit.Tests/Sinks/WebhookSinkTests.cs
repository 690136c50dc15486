using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.Audit.Tests;

public sealed class WebhookSinkTests : IAsyncLifetime
{
    private readonly TemporaryStore _store = new();
    private readonly WebhookStub _hook = new();
    private IReadOnlyList<StoredAuditEvent> _records = [];

    public async ValueTask InitializeAsync()
    {
        await _store.FillAsync(3);
        _records = _store.ReadAll();
    }

    public async ValueTask DisposeAsync()
    {
        await _hook.DisposeAsync();
        _store.Dispose();
    }

    private string Place => _hook.Address.GetLeftPart(UriPartial.Path);

    private string FileWith(string text)
    {
        var file = Path.Combine(Path.GetDirectoryName(_store.Path)!, Guid.NewGuid().ToString());
        File.WriteAllText(file, text);
        return file;
    }

    private async Task<SinkException?> SendAsync(WebhookReceiver? receiver = null)
    {
        using var sink = new WebhookSink(receiver ?? new WebhookReceiver(_hook.Address), "gw-1", _store.Time);
        try
        {
            Assert.True(await sink.SendAsync(_records, default));
            return null;
        }
        catch (SinkException e)
        {
            return e;
        }
    }

    [Fact]
    public async Task Records_come_as_one_array_each_with_its_id()
    {
        Assert.Null(await SendAsync());

        var request = Assert.Single(_hook.Requests);
        var array = JsonNode.Parse(request.Body)!.AsArray();
        Assert.Equal(_records.Select(stored => stored.Event.Id), array.Select(one => (string)one!["event"]!["id"]!));
        Assert.Equal(_records.Select(stored => stored.Sequence), array.Select(one => (long)one!["sequence"]!));
        Assert.Equal(("application/json", "gw-1.1-8"), (request.Headers["Content-Type"], request.Headers["webhook-id"]));
        Assert.False(request.Headers.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task Or_as_lines_in_another_format()
    {
        Assert.Null(await SendAsync(new WebhookReceiver(_hook.Address) { AsLines = true, Format = SinkFormat.Ocsf }));

        var request = Assert.Single(_hook.Requests);
        Assert.Equal("application/x-ndjson", request.Headers["Content-Type"]);
        Assert.All(request.Text.TrimEnd('\n').Split('\n'), line => Assert.Equal(6003, (int)JsonNode.Parse(line)!["class_uid"]!));
        Assert.Equal(8, request.Text.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("a secret of some length", "a secret of some length")]
    [InlineData("whsec_YSBzZWNyZXQgb2Ygc29tZSBsZW5ndGg=", "a secret of some length")]
    public async Task Is_authorized_and_signed_by_what_the_files_hold_at_the_time(string text, string key)
    {
        var authorization = FileWith("Bearer first\n");
        var receiver = new WebhookReceiver(_hook.Address) { AuthorizationFile = authorization, SecretFile = FileWith(text + "\n") };
        Assert.Null(await SendAsync(receiver));
        await File.WriteAllTextAsync(authorization, "Bearer second", TestContext.Current.CancellationToken);
        Assert.Null(await SendAsync(receiver));

        Assert.Equal(["Bearer first", "Bearer second"], _hook.Requests.Select(request => request.Headers["Authorization"]));
        var request = _hook.Requests[0];
        Assert.Equal($"{Some.Time.ToUnixTimeSeconds()}", request.Headers["webhook-timestamp"]);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"gw-1.1-8.{request.Headers["webhook-timestamp"]}."), .. request.Body];
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), signed)), request.Headers["webhook-signature"]);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(425)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Is_tried_again_when_the_receiver_is_busy_or_broken(int status)
    {
        _hook.Answer = (_, _) => (status, "7");
        var fault = await SendAsync();
        Assert.Equal((false, TimeSpan.FromSeconds(7), $"{Place}: it answered {status}"), (fault!.IsFinal, fault.RetryAfter, fault.Message));
    }

    [Theory]
    [InlineData("Wed, 04 Mar 2026 05:06:37 GMT", 30)]
    [InlineData("Wed, 04 Mar 2020 05:06:37 GMT", 0)]
    [InlineData("99999999", 3600)]
    public async Task A_time_to_come_again_may_be_a_date_and_is_bounded(string said, int seconds)
    {
        _hook.Answer = (_, _) => (503, said);
        Assert.Equal(TimeSpan.FromSeconds(seconds), (await SendAsync())!.RetryAfter);
    }

    [Theory]
    [InlineData(302)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(410)]
    public async Task What_no_repetition_changes_is_final_and_says_what_to_do(int status)
    {
        _hook.Answer = (_, _) => (status, null);
        var fault = await SendAsync();
        Assert.Equal(
            (true, $"{Place}: it answered {status} to records 1 to 8; correct the address, the credentials or the receiver, and start the gateway again"), (fault!.IsFinal, fault.Message));
    }

    [Fact]
    public async Task Too_much_at_once_is_sent_in_parts()
    {
        _hook.Answer = (_, request) => JsonNode.Parse(request.Body)!.AsArray().Count > 3 ? (413, null) : (200, null);
        Assert.Null(await SendAsync());

        var taken = _hook.Requests.Select(request => JsonNode.Parse(request.Body)!.AsArray()).Where(array => array.Count <= 3);
        Assert.Equal(_records.Select(stored => stored.Sequence), taken.SelectMany(array => array.Select(one => (long)one!["sequence"]!)));
    }

    [Fact]
    public async Task Even_one_record_that_is_too_much_is_final()
    {
        _hook.Answer = (_, _) => (413, null);
        var fault = await SendAsync();
        Assert.True(fault!.IsFinal);
        Assert.Contains("413 to record 1;", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_is_a_fault_that_hides_the_query()
    {
        await _hook.DisposeAsync();
        var fault = await SendAsync();
        Assert.StartsWith($"{Place}: ", fault!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.IsFinal);
    }

    [Theory]
    [InlineData("short", "a secret has at least 16 bytes, this one has 5")]
    [InlineData("whsec_!", "after `whsec_` there must be base64")]
    public void A_secret_that_is_none_is_refused(string text, string problem)
    {
        var file = FileWith(text);
        Assert.Equal($"{file}: {problem}", Assert.Throws<FormatException>(() => WebhookSecret.Read(file)).Message);
    }
}
