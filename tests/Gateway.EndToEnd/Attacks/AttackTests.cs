using Gateway.Testing;
using Xunit;

namespace Gateway.EndToEnd.Attacks;

/// <summary>
/// The attacks on a gateway that reads bodies, each under its number, sent byte for byte to the running program. What must hold after each is in
/// <see cref="AttackWatch"/>.
/// </summary>
[Collection(nameof(RecordingGateway))]
public sealed class AttackTests(RecordingGateway gateway, NovaReader nova) : IClassFixture<NovaReader>
{
    private static readonly Dictionary<string, AttackCase> ByName = new[] { BodyAttacks.All, FramingAttacks.All, TargetAttacks.All, HeaderAttacks.All }
        .SelectMany(cases => cases).ToDictionary(one => one.Name, StringComparer.Ordinal);

    private static readonly Dictionary<string, BelowHttpCase> BelowHttpByName = FramingAttacks.BelowHttp.ToDictionary(one => one.Name, StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. ByName.Keys];

    public static TheoryData<string> BelowHttpNames => [.. BelowHttpByName.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Attack(string name)
    {
        var attack = ByName[name];
        var watch = await AttackWatch.BeginAsync(gateway, nova);
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);

        await connection.SendAsync(attack.Bytes(gateway));

        var answers = new List<RawAnswer>();
        foreach (var _ in attack.Answers) answers.Add(await connection.ReadAsync());
        if (answers[^1].Header("Connection") != "close") connection.Finish();
        Assert.True(await connection.IsClosedAsync(), $"more than {answers.Count} answers, or a connection that stays open");
        await watch.HoldsAsync(answers, attack.Answers);
    }

    /// <summary>What the web server under the gateway will not take for HTTP.</summary>
    [Theory]
    [MemberData(nameof(BelowHttpNames))]
    public async Task BelowHttp(string name)
    {
        var attack = BelowHttpByName[name];
        var watch = await AttackWatch.BeginAsync(gateway, nova);
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);

        await connection.SendAsync(attack.Bytes(gateway));

        var answer = await connection.ReadAsync();
        Assert.Equal((attack.Status, "close"), (answer.Status, answer.Header("Connection")));
        Assert.True(await connection.IsClosedAsync(), "more than one answer, or a connection that stays open");
        FaultShape.MessageOf(answer);
        var records = await Patience.UntilAsync(() => watch.Recorded, found => attack.Code is null || found.Count > 0);
        Assert.Equal(
            attack.Code is null ? [] : [("refusal", attack.Code, answer.RequestId)], records.Select(record => (record.Kind, record.ReasonCode, record.RequestId)));
        Assert.Empty(await watch.HoldsAtTheBackendAsync());
        await watch.KeepsSecretsAsync([answer]);
    }
}
