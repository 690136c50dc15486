using System.Text.Json.Nodes;

namespace Gateway.Compute.Api;

/// <summary>What a handler answers; a fault is an answer like any other.</summary>
internal sealed record ApiAnswer(int Status, JsonNode? Body = null)
{
    public string? Location { get; init; }

    /// <summary>The type of a body that is not there; Nova's empty backup answer calls itself HTML.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>True for a refusal whose records stay, as those of a migration whose checks failed.</summary>
    public bool KeepsRecords { get; init; }

    /// <summary>Whether what the handler wrote is kept.</summary>
    public bool Commits => Status < 400 || KeepsRecords;

    public static ApiAnswer Accepted { get; } = new(202);

    public static ApiAnswer NoContent { get; } = new(204);

    public static ApiAnswer Ok(JsonNode body) => new(200, body);

    /// <summary>An error in Nova's envelope: <c>{"itemNotFound": {"code": 404, "message": …}}</c>.</summary>
    public static ApiAnswer Fault(int status, string message) =>
        new(status, new JsonObject { [FaultName(status)] = new JsonObject { ["code"] = status, ["message"] = message } });

    public static ApiAnswer BadRequest(string message) => Fault(400, message);

    public static ApiAnswer Forbidden(string rule) => Fault(403, $"Policy doesn't allow {rule} to be performed.");

    public static ApiAnswer NotFound(string message = "The resource could not be found.") => Fault(404, message);

    public static ApiAnswer Conflict(string message) => Fault(409, message);

    /// <summary>The same words for an unknown id and for another project's server, so that nobody can tell them apart.</summary>
    public static ApiAnswer ServerNotFound(string id) => NotFound($"Instance {id} could not be found.");

    /// <summary>401 in the identity middleware's envelope, not Nova's.</summary>
    public static ApiAnswer Unauthorized { get; } = new(401, new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["code"] = 401,
            ["title"] = "Unauthorized",
            ["message"] = "The request you have made requires authentication.",
        },
    });

    private static string FaultName(int status) => status switch
    {
        400 => "badRequest",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "itemNotFound",
        405 => "badMethod",
        409 => "conflictingRequest",
        413 or 429 => "overLimit",
        415 => "badMediaType",
        501 => "notImplemented",
        503 => "serviceUnavailable",
        _ => "computeFault",
    };
}
