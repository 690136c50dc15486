using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;

namespace Gateway.EndToEnd;

/// <summary>One record, as its bytes in the store say.</summary>
internal sealed record RecordedCall(long Sequence, JsonNode Event)
{
    public string Kind => (string)Content("record")!["kind"]!;

    public string Outcome => (string)Event["outcome"]!;

    public string Action => (string)Event["action"]!;

    /// <summary>The stable reason code.</summary>
    public string? ReasonCode => (string?)Event["reason"]?["code"];

    /// <summary>The HTTP status the caller was answered with.</summary>
    public string? Status => (string?)Event["reason"]?["reasonCode"];

    /// <summary>The id the gateway gave the call.</summary>
    public string? RequestId => (string?)Content("request")?["id"];

    /// <summary>The client's own id.</summary>
    public string? GlobalId => (string?)Content("request")?["global_id"];

    public string? Method => (string?)Content("request")?["method"];

    public DateTimeOffset Time => DateTimeOffset.Parse((string)Event["eventTime"]!, CultureInfo.InvariantCulture);

    public string? RequestPath => (string?)Event["requestPath"];

    public JsonNode? Content(string attachment) =>
        Event["attachments"]!.AsArray().FirstOrDefault(one => (string?)one!["name"] == attachment)?["content"];

    public override string ToString() => Event.ToJsonString();
}

/// <summary>Reads a store beside the gateway that writes it, without the gateway's own code.</summary>
internal static class RecordedCalls
{
    public static IReadOnlyList<RecordedCall> All(string store) => Read(store, "SELECT sequence, body FROM record ORDER BY sequence", null);

    public static IReadOnlyList<RecordedCall> Of(string store, string requestId) =>
        Read(store, "SELECT sequence, body FROM record WHERE request_id = $id ORDER BY sequence", requestId);

    /// <summary>What was recorded after a record.</summary>
    public static IReadOnlyList<RecordedCall> After(string store, long sequence) =>
        Read(store, "SELECT sequence, body FROM record WHERE sequence > $id ORDER BY sequence", sequence);

    /// <summary>The sequence of the newest record.</summary>
    public static long Last(string store) => Read(store, "SELECT sequence, body FROM record ORDER BY sequence DESC LIMIT 1", null).Single().Sequence;

    private static List<RecordedCall> Read(string store, string sql, object? id)
    {
        using var connection = new SqliteConnection($"Data Source={store};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (id is not null) command.Parameters.AddWithValue("$id", id);
        using var reader = command.ExecuteReader();
        var records = new List<RecordedCall>();
        while (reader.Read()) records.Add(new RecordedCall(reader.GetInt64(0), JsonNode.Parse(reader.GetFieldValue<byte[]>(1))!));
        return records;
    }
}
