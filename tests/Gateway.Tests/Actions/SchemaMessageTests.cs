using Xunit;

namespace Gateway.Tests.Actions;

public sealed class SchemaMessageTests
{
    [Theory]
    [InlineData("""{"os-resetState": {"state": "gone"}}""", "2.1", "Invalid input for field/attribute state. Value: gone. 'gone' is not one of ['active', 'error']")]
    [InlineData("""{"os-resetState": {}}""", "2.1", "Invalid input for field/attribute os-resetState. Value: {}. 'state' is a required property")]
    [InlineData("""{"os-resetState": null}""", "2.1", "Invalid input for field/attribute os-resetState. Value: None. None is not of type 'object'")]
    [InlineData(
        """{"os-resetState": {"state": "error", "a": [1, true]}}""", "2.1",
        "Invalid input for field/attribute os-resetState. Value: {'state': 'error', 'a': [1, True]}. Additional properties are not allowed ('a' was unexpected)")]
    [InlineData("""{"migrate": {"host": ""}}""", "2.56", "Invalid input for field/attribute host. Value: . '' is too short")]
    [InlineData("""{"migrate": {"host": "it's"}}""", "2.56", "Invalid input for field/attribute host. Value: it's. \"it's\" does not match '^[a-zA-Z0-9-._]*$'")]
    [InlineData("""{"migrate": []}""", "2.56", "Invalid input for field/attribute migrate. Value: []. [] is not of type 'object', 'null'")]
    [InlineData(
        """{"createBackup": {"name": "b", "backup_type": "d", "rotation": -1}}""", "2.1",
        "Invalid input for field/attribute rotation. Value: -1. -1 is less than the minimum of 0")]
    [InlineData(
        """{"createBackup": {"name": "b\n", "backup_type": "d", "rotation": 1}}""", "2.1",
        "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.")]
    [InlineData(
        """{"removeFixedIp": {"address": "x"}}""", "2.1",
        "Invalid input for field/attribute address. Value: x. 'x' is not valid under any of the given schemas")]
    [InlineData("""{"trigger_crash_dump": {}}""", "2.17", "Invalid input for field/attribute trigger_crash_dump. Value: {}. {} is not of type 'null'")]
    public void Are_Novas(string body, string version, string message) => Assert.Equal(message, Requests.Action(body, version).Refusal!.Message);

    [Theory]
    [InlineData("""{"changePassword": "hunter2"}""", "Invalid input for field/attribute changePassword. Value: ***. '***' is not of type 'object'")]
    [InlineData("""{"changePassword": {"adminPass": 123456}}""", "Invalid input for field/attribute adminPass. Value: ***. '***' is not of type 'string'")]
    [InlineData(
        """{"changePassword": {"adminPass": "hunter2", "x": "hunter2"}}""",
        "Invalid input for field/attribute changePassword. Value: ***. Additional properties are not allowed ('x' was unexpected)")]
    [InlineData(
        """{"rescue": {"adminPass": "hunter2", "rescue_image_ref": "x"}}""",
        "Invalid input for field/attribute rescue_image_ref. Value: x. 'x' is not a 'uuid'")]
    [InlineData(
        """{"createImage": {"name": "i", "metadata": {"k": 123456}}}""",
        "Invalid input for field/attribute k. Value: ***. '***' is not of type 'string'")]
    [InlineData(
        """{"rebuild": {"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "personality": [{"path": "/p", "contents": "hunter2!"}]}}""",
        "Invalid input for field/attribute contents. Value: ***. '***' is not a 'base64'")]
    public void Hold_no_secret(string body, string message) => Assert.Equal(message, Requests.Action(body).Refusal!.Message);

    [Fact]
    public void Are_short_whatever_came()
    {
        var message = Requests.Action($"{{\"os-resetState\": {{\"state\": \"{new string('x', 50_000)}\"}}}}").Refusal!.Message;

        Assert.True(message.Length < 1300, message);
    }
}
