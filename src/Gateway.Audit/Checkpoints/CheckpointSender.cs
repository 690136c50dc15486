using System.Globalization;
using System.Threading.Channels;

namespace Gateway.Audit;

/// <summary>
/// Hands published checkpoints to a second place, in order, and never in the way of making them: a place that is slow or gone gets them later, also after a
/// restart. How far it is stands in a file beside the published one.
/// </summary>
internal sealed class CheckpointSender : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly CheckpointPlace _place;
    private readonly string _cursor;
    private readonly TimeProvider _time;
    private readonly Channel<(long Number, string Note)> _channel = Channel.CreateUnbounded<(long, string)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private volatile string? _fault;
    private long _sendingSince;

    /// <param name="place">The second place.</param>
    /// <param name="file">The published file; what of it the place has not yet is sent first.</param>
    /// <param name="time">The clock.</param>
    public CheckpointSender(CheckpointPlace place, string file, TimeProvider time)
    {
        (_place, _time) = (place, time);
        _cursor = file + ".sent";
        var sent = File.Exists(_cursor) && long.TryParse(File.ReadAllText(_cursor), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        foreach (var note in CheckpointFile.Read(file))
            if (RecordProof.CheckpointOf(note).Number is var one && one > sent) Send(one, note);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Why the place has not all of them; null when it has.</summary>
    public string? Fault => Hang() ?? _fault;

    public void Send(long number, string note) => _channel.Writer.TryWrite((number, note));

    /// <summary>Ends when the place has what waits or has failed once more; a place that hangs is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        try
        {
            await _loop.WaitAsync(Longest, _time);
        }
        catch (TimeoutException)
        {
            // What waits is sent by the next process.
            await _stop.CancelAsync();
            return;
        }

        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        var waiting = new Queue<(long Number, string Note)>();
        while (await _channel.Reader.WaitToReadAsync())
        {
            while (_channel.Reader.TryRead(out var one)) waiting.Enqueue(one);
            await SendAsync(waiting);
        }
    }

    private string? Hang() =>
        Volatile.Read(ref _sendingSince) is > 0 and var since && _time.GetElapsedTime(since) is var held && held >= Checkpointer.LongestPublication
            ? $"{_place.Name}: has not answered for {held.TotalSeconds:0} s"
            : null;

    private async Task SendAsync(Queue<(long Number, string Note)> waiting)
    {
        try
        {
            while (waiting.TryPeek(out var next))
            {
                Volatile.Write(ref _sendingSince, Math.Max(1, _time.GetTimestamp()));
                await _place.PublishAsync(next.Note, _stop.Token);
                File.WriteAllText(_cursor, next.Number.ToString(CultureInfo.InvariantCulture));
                waiting.Dequeue();
            }

            _fault = null;
        }
        catch (Exception e)
        {
            // Whatever it is, what waits is tried again with the next one.
            _fault = $"{_place.Name}: {waiting.Count} checkpoints wait to be published there: {e.Message}";
        }
        finally
        {
            Volatile.Write(ref _sendingSince, 0);
        }
    }
}
