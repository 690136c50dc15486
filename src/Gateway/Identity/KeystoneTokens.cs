using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
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

    private readonly ConcurrentDictionary<Question, Lazy<Task<Passage<VerifiedToken>>>> _asked = new();
    private readonly BoundedCache<Question, Refused> _refused = new(options.CachedRefusals);

    private int _open;

    /// <summary>Why the last question could not be answered; null while Keystone answers.</summary>
    public string? Fault { get; private set; }

    /// <summary>The bearer of a token, as Keystone knows it. <paramref name="cancel"/> ends the waiting, not the question, which others may wait for.</summary>
    public async Task<Passage<VerifiedToken>> VerifyAsync(TokenKey key, string token, TokenAge age, CancellationToken cancel)
    {
        var question = new Question(key, age);
        if (_refused.Find(question) is { } known && time.GetElapsedTime(known.Since).TotalSeconds < options.NegativeSeconds) return Refusal.Unauthorized(known.Code, "remembered");
        if (jws?.Refuse(token, age) is { } bad) return bad;
        // Callers who come between this look and the question may go beyond it by as many as there are threads.
        if (Volatile.Read(ref _open) >= (long)options.MaxConcurrent * OpenForEach && !_asked.ContainsKey(question))
            return Refusal.Unavailable("identity_busy", "The identity service is unavailable.", "too many tokens wait to be validated");
        var asking = _asked.GetOrAdd(
            question, static (question, state) => new Lazy<Task<Passage<VerifiedToken>>>(() => state.Self.AskAsync(question, state.token)), (Self: this, token));
        return await asking.Value.WaitAsync(cancel);
    }

    private async Task<Passage<VerifiedToken>> AskAsync(Question question, string token)
    {
        Interlocked.Increment(ref _open);
        try
        {
            // Before the question: an event between it and the answer must not be overlooked.
            var (asked, revoked) = (time.GetTimestamp(), revocations.Latest);
            var answer = await client.DescribeAsync(token, question.Age, CancellationToken.None);
            if (Fault is not null) Log.Available(logger);
            Fault = null;
            if (answer.Status != HttpStatusCode.OK) return Refuse(question, answer.Status);
            var subject = KeystoneTokenReader.Read(answer.Body) with { Confirmed = asked };
            return question.Age == TokenAge.Current && subject.ExpiresAt <= time.GetUtcNow()
                ? Refusal.Unauthorized("token_expired")
                : new VerifiedToken(subject) { StaleAt = asked + (options.StalenessSeconds * time.TimestampFrequency), Revocations = revoked };
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
            _asked.TryRemove(question, out _);
        }
    }

    private Refusal Refuse(Question question, HttpStatusCode status)
    {
        if (options.NegativeSeconds > 0) _refused.Set(question, new Refused("token_unknown", time.GetTimestamp()));
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

    /// <summary>What of a token is asked: an answer to one question is none to the other.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Question(TokenKey Key, TokenAge Age);

    private sealed record Refused(string Code, long Since);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Tokens cannot be validated: {Problem}")]
        public static partial void Unavailable(ILogger logger, string problem);

        [LoggerMessage(2, LogLevel.Information, "Tokens can be validated again")]
        public static partial void Available(ILogger logger);
    }
}
