namespace Gateway.Audit.Tests;

/// <summary>Checkpoints published at a second place.</summary>
public sealed class CheckpointPlaceTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    private CheckpointerOptions Options(CheckpointPlace second) =>
        new() { File = _store.Path + ".checkpoints", KeyDirectory = _store.Path + ".keys", Second = second };

    [Fact]
    public async Task An_address_gets_every_note_by_POST_and_what_it_did_not_take_with_the_next()
    {
        await using var hook = new WebhookStub { Answer = (request, _) => (request is 2 or 3 ? 503 : 200, null) };
        using var place = CheckpointPlace.Of(hook.Address.AbsoluteUri);
        await using (var log = await _store.OpenAsync())
        await using (var checkpointer = Checkpointer.Start(log, Options(place), _store.Time))
        {
            // The first is made at the start. Each is sent after it was made, and never waited for.
            await UntilAsync(() => checkpointer.Last is not null && hook.Requests.Count == 1);
            await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
            await UntilAsync(() => checkpointer.Fault?.StartsWith($"{hook.Address.GetLeftPart(UriPartial.Path)}: 1 checkpoints wait to be published there: ", StringComparison.Ordinal) == true);
            await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
            await UntilAsync(() => checkpointer.Fault?.Contains(": 2 checkpoints wait", StringComparison.Ordinal) == true);
            await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
            await UntilAsync(() => checkpointer.Fault is null);
        }

        var published = CheckpointFile.Read(_store.Path + ".checkpoints");
        Assert.Equal(5, published.Count);

        // Each as it stands in the file; the second was offered three times.
        Assert.Equal(published, hook.Requests.Select(request => request.Text).Distinct());
        Assert.Equal([0, 1, 1, 1, 2, 3, 4], hook.Requests.Select(request => published.ToList().IndexOf(request.Text)));
        Assert.All(hook.Requests, request => Assert.StartsWith("text/plain", request.Headers["Content-Type"], StringComparison.Ordinal));
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!holds()) await Task.Delay(TimeSpan.FromMilliseconds(10), patience.Token);
    }

    [Fact]
    public async Task A_second_file_is_a_copy_of_the_first()
    {
        using var place = CheckpointPlace.Of(_store.Path + ".second");
        await using (var log = await _store.OpenAsync())
        await using (var checkpointer = Checkpointer.Start(log, Options(place), _store.Time)) await checkpointer.MakeAsync(TestContext.Current.CancellationToken);

        Assert.Equal(CheckpointFile.Read(_store.Path + ".checkpoints"), CheckpointFile.Read(_store.Path + ".second"));
    }

    [Fact]
    public void An_address_is_named_without_what_gives_access_to_it()
    {
        using var place = CheckpointPlace.Of("https://me:hidden@witness.example/notes?key=hidden");
        Assert.Equal("https://witness.example/notes", place.Name);
    }
}
