using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gateway.Audit.Tests;

public sealed class SyslogSinkTests : IAsyncLifetime
{
    private readonly TemporaryStore _store = new();
    private IReadOnlyList<StoredAuditEvent> _records = [];

    public async ValueTask InitializeAsync()
    {
        await _store.FillAsync(20);
        _records = _store.ReadAll();
    }

    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        return ValueTask.CompletedTask;
    }

    private static SyslogSink Sink(int port, string? caFile = null, string host = "127.0.0.1") =>
        new(new SyslogReceiver(host, port) { IsSecure = caFile is not null, CaFile = caFile }, "gw-1", TimeProvider.System);

    [Fact]
    public async Task Messages_are_of_RFC_5424_and_hold_the_very_bytes_that_were_hashed()
    {
        await using var listener = new SyslogListener();
        using var sink = Sink(listener.Port);
        Assert.False(await sink.SendAsync(_records, default));
        await sink.SettleAsync(default);

        Assert.Equal("", listener.Fault);
        Assert.Equal(_records.Select(stored => stored.Sequence), listener.Messages.Select(message => message.Sequence));
        foreach (var (stored, message) in _records.Zip(listener.Messages))
        {
            Assert.Equal(Encoding.UTF8.GetString(stored.Bytes.Span), message.Text);
            Assert.Equal(("gw-1", stored.Event.Id, Convert.ToHexStringLower(stored.Hash.Span)), (message.Data["gateway"], message.Data["id"], message.Data["hash"]));
            Assert.Equal((110, "compute-gateway", stored.Event.EventTime), (message.Priority, message.Application, message.Time));
        }

        Assert.Equal(["lifecycle", "intent", "outcome"], listener.Messages.Take(3).Select(message => message.MessageId));
    }

    [Theory]
    [InlineData(AuditOutcome.Success, 110)]
    [InlineData(AuditOutcome.Pending, 110)]
    [InlineData(AuditOutcome.Failure, 109)]
    [InlineData(AuditOutcome.Unknown, 108)]
    public async Task Priority_is_of_the_facility_for_audit_and_by_outcome(AuditOutcome outcome, int priority)
    {
        await using var listener = new SyslogListener();
        using var sink = Sink(listener.Port);
        await sink.SendAsync([_records[0] with { Event = _records[0].Event with { Outcome = outcome, Id = """a"b]c\d""" } }], default);
        await sink.SettleAsync(default);

        var message = Assert.Single(listener.Messages);
        Assert.Equal((priority, """a"b]c\d"""), (message.Priority, message.Data["id"]));
    }

    [Fact]
    public async Task Over_TLS_only_to_a_receiver_that_the_authority_vouches_for()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Certificate(key);
        using var served = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        var folder = Path.GetDirectoryName(_store.Path)!;
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.pem"), certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = Certificate(otherKey);
        await File.WriteAllTextAsync(Path.Combine(folder, "other.pem"), other.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await using var listener = new SyslogListener(served);

        using (var sink = Sink(listener.Port, Path.Combine(folder, "ca.pem")))
        {
            await sink.SendAsync(_records, default);
            await sink.SettleAsync(default);
        }

        Assert.Equal(42, listener.Messages.Count);
        using var wrong = Sink(listener.Port, Path.Combine(folder, "other.pem"));
        var fault = await Assert.ThrowsAsync<SinkException>(() => wrong.SendAsync(_records, default));
        Assert.StartsWith($"tls://127.0.0.1:{listener.Port}: ", fault.Message, StringComparison.Ordinal);
        Assert.Equal(42, listener.Messages.Count);
    }

    [Fact]
    public async Task A_receiver_that_ends_before_it_has_read_everything_has_taken_nothing()
    {
        await using var listener = new SyslogListener { BreakAfter = connection => connection == 1 ? 3 : null };
        using var sink = Sink(listener.Port);

        await Assert.ThrowsAsync<SinkException>(async () =>
        {
            await sink.SendAsync(_records, default);
            await sink.SettleAsync(default);
        });

        await sink.SendAsync(_records, default);
        await sink.SettleAsync(default);
        Assert.Equal(_records.Select(stored => stored.Sequence), listener.Messages.Skip(3).Select(message => message.Sequence));
        Assert.Equal(2, listener.Connections);
    }

    [Fact]
    public async Task A_receiver_that_does_not_close_has_not_said_that_it_has_everything()
    {
        await using var listener = new SyslogListener { NeverCloses = true };
        using var sink = new SyslogSink(new SyslogReceiver("127.0.0.1", listener.Port), "gw-1", new HurriedTime(afterTimers: 1));
        await sink.SendAsync(_records, default);

        var fault = await Assert.ThrowsAsync<SinkException>(() => sink.SettleAsync(default));

        Assert.Equal(
            $"tcp://127.0.0.1:{listener.Port}: it did not close the connection after it was told that nothing more comes, so that nobody knows what it has read", fault.Message);
    }

    [Fact]
    public async Task Many_records_are_settled_in_between()
    {
        await using var listener = new SyslogListener();
        using var sink = Sink(listener.Port);
        var many = Enumerable.Repeat(_records, 100).SelectMany(records => records).ToList();
        var settled = false;
        for (var i = 0; i < 100 && !settled; i++) settled = await sink.SendAsync(many, default);
        Assert.True(settled);
        Assert.Equal("", listener.Fault);
        Assert.Equal(0, listener.Messages.Count % many.Count);
    }

    [Fact]
    public async Task Nobody_there_is_a_fault_that_names_the_place()
    {
        int port;
        await using (var listener = new SyslogListener()) port = listener.Port;
        using var sink = Sink(port);
        var fault = await Assert.ThrowsAsync<SinkException>(() => sink.SendAsync(_records, default));
        Assert.StartsWith($"tcp://127.0.0.1:{port}: ", fault.Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 Certificate(ECDsa key)
    {
        var request = new CertificateRequest("CN=logs.example", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
