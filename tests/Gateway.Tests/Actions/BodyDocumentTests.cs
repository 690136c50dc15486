using System.Text;
using System.Text.Json;
using Gateway.Actions;
using Xunit;

namespace Gateway.Tests.Actions;

/// <summary>A read body holds what its bytes say, and notices when it is used too late.</summary>
public sealed class BodyDocumentTests
{
    private static readonly byte[] Backup = """{"createBackup": {"name": "monday", "backup_type": "daily", "rotation": 2}}"""u8.ToArray();

    [Fact]
    public void A_value_that_is_used_after_its_document_throws()
    {
        var document = StrictJson.Parse(Backup, out _)!;
        var value = document.Root;
        document.Dispose();

        Assert.Throws<ObjectDisposedException>(() => value.GetPropertyCount());
        using var next = StrictJson.Parse("[]"u8.ToArray(), out _)!;
        Assert.Throws<ObjectDisposedException>(() => value.ValueKind);
    }

    [Fact]
    public void A_document_that_is_disposed_of_twice_is_not_given_to_two()
    {
        var document = StrictJson.Parse(Backup, out _)!;
        document.Dispose();
        document.Dispose();

        using var one = StrictJson.Parse("[1]"u8.ToArray(), out _)!;
        using var other = StrictJson.Parse("[1, 2]"u8.ToArray(), out _)!;

        Assert.Equal((1, 2), (one.Root.GetArrayLength(), other.Root.GetArrayLength()));
    }

    [Theory]
    [InlineData("""{"a": 1, "b": 2, "c": {"a": 1}}""", "")]
    [InlineData("""{"a": 1, "b": 2, "a": 3}""", "body_duplicate_key")]
    [InlineData("""{"a": 1, "\u0061": 2}""", "body_duplicate_key")]
    [InlineData("""{"\ud83d\ude00": 1, "😀": 2}""", "body_duplicate_key")]
    [InlineData("""[{"a": {"x": [], "x": []}}]""", "body_duplicate_key")]
    [InlineData("""{"a": 1, "a": 2""", "body_not_json")]
    [InlineData("""{"a": 1, "a": "\ud800"}""", "body_lone_surrogate")]
    public void A_name_stands_once(string body, string reason) => Assert.Equal(reason, ReasonOf(body));

    [Theory]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(1_000)]
    public void A_name_among_many_stands_once(int members)
    {
        string[] names = [.. Enumerable.Range(0, members).Select(i => $"key-{i}")];

        Assert.Equal("", ReasonOf(Object(names)));
        Assert.Equal("body_duplicate_key", ReasonOf(Object([.. names, names[^1]])));
        Assert.Equal("body_duplicate_key", ReasonOf(Object([names[^1].Replace("k", "\\u006b", StringComparison.Ordinal), .. names])));

        static string Object(string[] names) => $"{{{string.Join(',', names.Select(name => $"\"{name}\": null"))}}}";
    }

    [Theory]
    [InlineData("""{"a": [1, {"b": "x\n\u00e9"}, [], {}], "c": -0.5e3, "d": true, "e": false, "f": null, "é": "é"}""")]
    [InlineData("""[[[[1], 2], 3], "\\\"\/"]""")]
    [InlineData("\" \"")]
    public void Is_what_its_bytes_say(string body)
    {
        using var document = StrictJson.Parse(Encoding.UTF8.GetBytes(body), out _)!;
        using var written = new MemoryStream();
        using (var writer = new Utf8JsonWriter(written)) document.Root.WriteTo(writer);

        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(body), JsonElement.Parse(written.ToArray())), Encoding.UTF8.GetString(written.ToArray()));
    }

    [Theory]
    [InlineData("1", "1.0", true)]
    [InlineData("10", "1e1", true)]
    [InlineData("9007199254740993", "9007199254740992", false)]
    [InlineData("\"\\u0061\"", "\"a\"", true)]
    [InlineData("1", "\"1\"", false)]
    [InlineData("[1, [2]]", "[1, [2]]", true)]
    [InlineData("[1, 2]", "[2, 1]", false)]
    [InlineData("{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}", true)]
    [InlineData("{\"a\": 1}", "{\"b\": 1}", false)]
    [InlineData("true", "false", false)]
    [InlineData("null", "null", true)]
    public void Values_are_equal_by_what_they_are(string one, string other, bool equal) =>
        Assert.Equal(equal, BodyValue.DeepEquals(BodyDocument.Of(JsonElement.Parse(one)), BodyDocument.Of(JsonElement.Parse(other))));

    private static string ReasonOf(string body)
    {
        using var document = StrictJson.Parse(Encoding.UTF8.GetBytes(body), out var reason);
        return reason;
    }
}
