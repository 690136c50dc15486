using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Gateway.FrontDoor;

namespace Gateway.Identity;

/// <summary>
/// What Keystone says about tokens. Callers who come with the same token at the same time share one question; a token that Keystone does not know is
/// refused for a while without asking again.
/// </summary>
internal sealed partial class KeystoneTokens(
    KeystoneClient client, KeystoneOptions options, KeystoneJws? jws, Revocations revocations, TimeProvider time, ILogger<KeystoneTokens> logger)
{
    private const long LongestRetryAfter = 60;

    /// <summary>How many questions may be open for each one that Keystone gets at once; more would not be answered in time.</summary>
    private const int OpenForEach = 64;

    private readonly ConcurrentDictionary<TokenKey, Lazy<Task<Passage<VerifiedToken>>>> _asked = new();
    private readonly BoundedCache<TokenKey, Refused> _refused = new(options.CachedRefusals);

    private int _open;

    /// <summary>Why the last question could not be answered; null while Keystone answers.</summary>
    public string? Fault { get; private set; }

    /// <summary>The bearer of a token, as Keystone knows it. <paramref name="cancel"/> ends the waiting, not the question, which others may wait for.</summary>
    public async Task<Passage<VerifiedToken>> VerifyAsync(TokenKey key, string token, CancellationToken cancel)
    {
        if (_refused.Find(key) is { } known && known.Until > time.GetUtcNow()) return Refusal.Unauthorized(known.Code, "remembered");
        if (jws?.Refuse(token) is { } bad) return bad;
        // Callers who come between this look and the question may go beyond it by as many as there are threads.
        if (Volatile.Read(ref _open) >= (long)options.MaxConcurrent * OpenForEach && !_asked.ContainsKey(key))
            return Refusal.Unavailable("identity_busy", "The identity service is unavailable.", "too many tokens wait to be validated");
        var question = _asked.GetOrAdd(key, static (key, state) => new Lazy<Task<Passage<VerifiedToken>>>(() => state.Self.AskAsync(key, state.token)), (Self: this, token));
        return await question.Value.WaitAsync(cancel);
    }

    private async Task<Passage<VerifiedToken>> AskAsync(TokenKey key, string token)
    {
        Interlocked.Increment(ref _open);
        try
        {
            // Before the question: an event between it and the answer must not be overlooked.
            var asked = time.GetUtcNow();
            var answer = await client.DescribeAsync(token, CancellationToken.None);
            if (Fault is not null) Log.Available(logger);
            Fault = null;
            if (answer.Status != HttpStatusCode.OK) return Refuse(key, answer.Status);
            var subject = KeystoneTokenReader.Read(answer.Body);
            if (subject.ExpiresAt <= asked) return Refusal.Unauthorized("token_expired");
            var fresh = asked + TimeSpan.FromSeconds(options.StalenessSeconds);
            // What was revoked while the question was on its way may still have been told to be good: not remembered.
            if (revocations.Concern(subject, asked)) fresh = asked;
            return new VerifiedToken(subject, fresh < subject.ExpiresAt ? fresh : subject.ExpiresAt, Key: null);
        }
        catch (IdentityUnavailableException e)
        {
            return Unavailable(e.Message, e.RetryAfter);
        }
        catch (SubjectMalformedException e)
        {
            return Refusal.Unauthorized("token_control_character", e.Message);
        }
        catch (JsonException e)
        {
            return Unavailable($"the description of a token cannot be read: {e.Message}", after: null);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            _asked.TryRemove(key, out _);
        }
    }

    private Refusal Refuse(TokenKey key, HttpStatusCode status)
    {
        if (options.NegativeSeconds > 0)
            _refused.Set(key, new Refused("token_unknown", time.GetUtcNow() + TimeSpan.FromSeconds(options.NegativeSeconds)));
        return Refusal.Unauthorized("token_unknown", $"Keystone answered {(int)status}");
    }

    private Refusal Unavailable(string problem, TimeSpan? after)
    {
        // Once, not for every caller; the record has them all.
        if (Fault is null) Log.Unavailable(logger, problem);
        Fault = problem;
        var seconds = after is { } wait ? Math.Clamp((long)Math.Ceiling(wait.TotalSeconds), 1, LongestRetryAfter) : 1;
        return Refusal.Unavailable("identity_unavailable", "The identity service is unavailable.", problem) with { RetryAfterSeconds = seconds };
    }

    private sealed record Refused(string Code, DateTimeOffset Until);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Tokens cannot be validated: {Problem}")]
        public static partial void Unavailable(ILogger logger, string problem);

        [LoggerMessage(2, LogLevel.Information, "Tokens can be validated again")]
        public static partial void Available(ILogger logger);
    }
}
