using Gateway.Actions;
using Gateway.Limits;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

public sealed class LimitStoreTests : IDisposable
{
    private static readonly ApiCatalogue Catalogue = ApiCatalogue.LoadEmbedded();
    private static readonly LimitRequest Call = new("u1", "p1", "migrate");
    private static readonly FakeTimeProvider Clock = new();
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.yaml");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Takes_the_defaults_of_the_program_when_there_is_no_file() => Assert.True(Take(Open(null)).Allowed);

    [Fact]
    public void Limits_by_an_edited_file_and_keeps_what_was_used()
    {
        Write(2);
        var store = Open(_file);
        Assert.True(Take(store).Allowed);
        Assert.True(Take(store).Allowed);
        Assert.False(Take(store).Allowed);

        Write(1);
        store.Reload();
        Assert.Null(store.Fault);
        Assert.True(Take(store).Allowed);
        Assert.False(Take(store).Allowed);
    }

    [Fact]
    public void Keeps_the_limits_in_force_when_the_file_breaks()
    {
        Write(1);
        var store = Open(_file);
        File.WriteAllText(_file, "limits: [ { name: a, per: usr } ]\n");
        store.Reload();
        Assert.StartsWith($"{_file}:1: ", store.Fault, StringComparison.Ordinal);
        Assert.True(Take(store).Allowed);
        Assert.False(Take(store).Allowed);

        File.Delete(_file);
        store.Reload();
        Assert.StartsWith($"{_file}: cannot be read: ", store.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Does_not_start_on_limits_it_cannot_read()
    {
        File.WriteAllText(_file, "limts: []\n");
        Assert.Throws<LimitsUnreadableException>(() => Open(_file));
    }

    private void Write(int burst) =>
        File.WriteAllText(_file, $"limits:\n  - name: moves-{burst}\n    per: user\n    actions: [migrate]\n    rate: 1/hour\n    burst: {burst}\n");

    private static LimitStore Open(string? path) =>
        LimitStore.Open(
        path, Gateway.Configuration.EmbeddedFile.ReadText("config/limits.yaml"), Catalogue, new MemoryBuckets(Clock), new OpenLeases(Clock), NullLogger<LimitStore>.Instance);

    private static LimitDecision Take(LimitStore store) => store.TakeAsync(Call).AsTask().Result;
}
