namespace Gateway.FrontDoor;

/// <summary>
/// Why a request goes no further: the HTTP status and message the client reads, and the reason code the audit record keeps.
/// A refusal is a value; nothing is thrown to make one.
/// </summary>
/// <param name="Status">HTTP status of the answer.</param>
/// <param name="Code">Stable reason code of the audit record, e.g. <c>policy_denied</c>.</param>
/// <param name="Message">What the client is told, in Nova's words where Nova has them.</param>
internal sealed record Refusal(int Status, string Code, string Message)
{
    /// <summary>Seconds after which a retry can succeed; sent as <c>Retry-After</c>. Null when waiting does not help.</summary>
    public long? RetryAfterSeconds { get; init; }

    /// <summary>Which of the API's error shapes carries the message.</summary>
    public RefusalShape Shape { get; init; } = RefusalShape.Nova;

    /// <summary>True when what follows on the connection cannot be trusted to be a request.</summary>
    public bool ClosesConnection { get; init; }

    /// <summary>A second sentence for the client, where the API has room for one.</summary>
    public string? Explanation { get; init; }

    /// <summary>What the log and the audit record learn beyond the code; never sent to the client.</summary>
    public string? Detail { get; init; }

    public static Refusal BadRequest(string code, string message) => new(StatusCodes.Status400BadRequest, code, message);

    public static Refusal Unauthorized(string code, string? detail = null) =>
        new(StatusCodes.Status401Unauthorized, code, "The request you have made requires authentication.")
        {
            Shape = RefusalShape.Keystone,
            Detail = detail,
        };

    /// <summary>A path or method the API does not route.</summary>
    public static Refusal NotRouted(string code) =>
        new(StatusCodes.Status404NotFound, code, "The resource could not be found.") { Shape = RefusalShape.Router };

    /// <summary>A server that does not exist, or that the caller may not know of: the same words for both.</summary>
    public static Refusal NoSuchServer(string serverId, string code) =>
        new(StatusCodes.Status404NotFound, code, $"Instance {serverId} could not be found.");

    /// <summary>An action that the API once had, in Nova's words.</summary>
    public static Refusal Gone() =>
        new(StatusCodes.Status410Gone, "action_gone", "This resource is no longer available. No forwarding address is given.");

    /// <summary>More than a limit allows; answered as Nova's own limiter did (429, <c>overLimit</c>).</summary>
    public static Refusal TooMany(string message, string explanation, long? retryAfterSeconds, string limit) =>
        new(StatusCodes.Status429TooManyRequests, "limited", message)
        {
            Explanation = explanation,
            RetryAfterSeconds = retryAfterSeconds,
            Detail = $"{limit}: {explanation}",
        };

    public static Refusal Unavailable(string code, string message, string? detail = null) =>
        new(StatusCodes.Status503ServiceUnavailable, code, message) { RetryAfterSeconds = 1, Detail = detail };
}

/// <summary>The error bodies a Nova endpoint answers with.</summary>
internal enum RefusalShape
{
    /// <summary><c>{"forbidden": {"code": 403, "message": "…"}}</c>: the compute API's own faults.</summary>
    Nova,

    /// <summary><c>{"error": {"code": 401, "title": "…", "message": "…"}}</c>: what keystonemiddleware answers.</summary>
    Keystone,

    /// <summary>What the WSGI router answers before the API is reached: text, or JSON when the client accepts it.</summary>
    Router,
}
