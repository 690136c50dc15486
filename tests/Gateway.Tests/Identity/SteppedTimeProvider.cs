using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Identity;

/// <summary>A clock whose wall can be set while its monotonic time goes on, as an administrator or a time server sets a machine's.</summary>
internal sealed class SteppedTimeProvider(DateTimeOffset start) : FakeTimeProvider(start)
{
    /// <summary>By how much the wall clock is off.</summary>
    public TimeSpan Step { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Step;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;
}
