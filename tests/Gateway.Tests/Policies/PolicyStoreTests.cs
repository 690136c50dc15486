using Gateway.Policies;
using Gateway.Policy;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Policies;

public sealed class PolicyStoreTests : IDisposable
{
    private const string Migrate = "os_compute_api:os-migrate-server:migrate";
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.yaml");
    private readonly Credentials _owner = new(new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["user_id"] = "u1",
        ["project_id"] = "p1",
        ["roles"] = new object?[] { "member" },
    });

    private readonly TargetAttributes _own = new(new Dictionary<string, object?>(StringComparer.Ordinal) { ["project_id"] = "p1" });

    public PolicyStoreTests() => File.WriteAllText(_file, "# nothing is overridden\n");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Notices_nothing_while_the_content_stays_the_same()
    {
        var store = Open();
        File.SetLastWriteTimeUtc(_file, File.GetLastWriteTimeUtc(_file).AddDays(1));
        Assert.Null(store.Reload());
    }

    [Fact]
    public void Decides_by_an_edited_file_at_once_while_a_request_keeps_the_set_it_took()
    {
        var store = Open();
        var taken = store.Current;
        File.WriteAllText(_file, $"\"{Migrate}\": \"rule:admin_or_owner\"\n");
        var change = store.Reload();
        Assert.NotEqual(taken.Revision, change!.Loaded!.Revision);
        Assert.True(store.Current.Decide(Migrate, _owner, _own).Allowed);
        Assert.False(taken.Decide(Migrate, _owner, _own).Allowed);
    }

    [Fact]
    public void Keeps_the_revision_in_force_when_the_file_breaks_and_tells_once()
    {
        var store = Open();
        var before = store.Current;
        File.WriteAllText(_file, $"\"{Migrate}\": \"rule:admin_or_ownr\"\n");
        var change = store.Reload();
        Assert.Null(change!.Loaded);
        Assert.Contains("did you mean `admin_or_owner`", change.Summary, StringComparison.Ordinal);
        Assert.Same(before, store.Current);
        Assert.True(store.IsStale);
        Assert.Null(store.Reload());
    }

    [Fact]
    public void Is_no_longer_stale_once_the_file_is_what_it_was()
    {
        var store = Open();
        var before = store.Current.Revision;
        File.WriteAllText(_file, "nonsense");
        Assert.Null(store.Reload()!.Loaded);
        File.WriteAllText(_file, "# nothing is overridden\n");
        Assert.Equal(before, store.Reload()!.Loaded!.Revision);
        Assert.False(store.IsStale);
    }

    [Fact]
    public void Keeps_the_revision_in_force_when_the_file_disappears()
    {
        var store = Open();
        var before = store.Current;
        File.Delete(_file);
        Assert.Null(store.Reload()!.Loaded);
        Assert.Same(before, store.Current);
    }

    [Fact]
    public void Does_not_start_on_rules_it_cannot_read()
    {
        File.WriteAllText(_file, $"\"{Migrate}\": !\n");
        var fault = Assert.Throws<PolicyUnreadableException>(Open);
        Assert.Contains($"{_file}:1:", fault.Message, StringComparison.Ordinal);
    }

    private PolicyStore Open() => PolicyStore.Open(new PolicyStoreOptions { File = _file }, [], NullLogger<PolicyStore>.Instance);
}
