using System.Text.Json.Nodes;

namespace Gateway.DevIdentity.Http;

/// <summary>A refusal in Keystone's envelope: <c>{"error": {"code", "message", "title"}}</c>.</summary>
internal sealed record KeystoneFault(int Code, string Title, string Message)
{
    public static KeystoneFault BadRequest(string message) => new(StatusCodes.Status400BadRequest, "Bad Request", message);

    public static KeystoneFault Unauthorized(string message = "The request you have made requires authentication.") =>
        new(StatusCodes.Status401Unauthorized, "Unauthorized", message);

    public static KeystoneFault Forbidden(string action) =>
        new(StatusCodes.Status403Forbidden, "Forbidden", $"You are not authorized to perform the requested action: {action}.");

    public static KeystoneFault NotFound(string message = "The resource could not be found.") =>
        new(StatusCodes.Status404NotFound, "Not Found", message);

    public static KeystoneFault MethodNotAllowed() =>
        new(StatusCodes.Status405MethodNotAllowed, "Method Not Allowed", "The method is not allowed for the requested URL.");

    public static KeystoneFault TooLarge() =>
        new(StatusCodes.Status413PayloadTooLarge, "Request Entity Too Large", $"The request body is larger than {RequestBody.MaxBytes} bytes.");

    public static KeystoneFault Internal() =>
        new(StatusCodes.Status500InternalServerError, "Internal Server Error", "An unexpected error prevented the server from fulfilling your request.");

    public JsonObject ToJson() =>
        new() { ["error"] = new JsonObject { ["code"] = Code, ["message"] = Message, ["title"] = Title } };
}
