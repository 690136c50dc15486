using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;

namespace Gateway.Audit.Tests;

/// <summary>What it writes is what the platform's own writer writes.</summary>
public sealed class JsonLineTests
{
    private readonly JsonLine _line = new();

    [Fact]
    public void Every_kind_of_value_is_spelt_as_the_platform_spells_it() =>
        Gen.Select(Text, Gen.Long, Gen.Double, Gen.DateTime, Text.Array[0, 4]).Sample((text, number, fraction, time, list) =>
        {
            if (!double.IsFinite(fraction)) return;
            var moment = new DateTimeOffset(time.Ticks, TimeSpan.Zero);
            var line = new JsonLine();
            line.Open();
            line.Put("text"u8, text);
            line.Open("inner"u8);
            line.Put("number"u8, number);
            line.Put("fraction"u8, fraction);
            line.Put("yes"u8, true);
            line.Put("no"u8, false);
            line.Put("list"u8, list);
            line.Put("none"u8, (string?)null);
            line.Close();
            line.Put("time"u8, moment);
            line.Put("json"u8, JsonText.Written("""{"a":[1]}"""u8.ToArray()));
            line.End();

            Assert.Equal(
                Platform(w =>
                {
                    w.WriteString("text", text);
                    w.WriteStartObject("inner");
                    w.WriteNumber("number", number);
                    w.WriteNumber("fraction", fraction);
                    w.WriteBoolean("yes", true);
                    w.WriteBoolean("no", false);
                    if (list.Length > 0)
                    {
                        w.WriteStartArray("list");
                        foreach (var one in list) w.WriteStringValue(one);
                        w.WriteEndArray();
                    }

                    w.WriteEndObject();
                    w.WriteString("time", time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", System.Globalization.CultureInfo.InvariantCulture));
                    w.WritePropertyName("json");
                    w.WriteRawValue("""{"a":[1]}""");
                }),
                Encoding.UTF8.GetString(line.Written));
        });

    [Fact]
    public void Every_character_is_spelt_as_the_platform_spells_it()
    {
        for (var c = 0; c <= char.MaxValue; c++) AssertSame($"a{(char)c}b");
        foreach (var c in new[] { 0x10000, 0x1f600, 0xe0001, 0x10ffff }) AssertSame($"a{char.ConvertFromUtf32(c)}b");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2_040)]
    [InlineData(3_000_000)]
    public void A_text_of_any_length_fits(int length)
    {
        AssertSame(new string('x', length));
        AssertSame(new string('\u00e9', length));
        AssertSame(new string('"', length));
    }

    [Fact]
    public void What_JSON_cannot_say_is_refused()
    {
        foreach (var number in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
            Assert.Equal($"`{number}` is no number of JSON (Parameter 'number')", Assert.Throws<ArgumentException>(() => _line.Put("number"u8, number)).Message);
        Assert.Equal("nothing at all is no JSON (Parameter 'value')", Assert.Throws<ArgumentException>(() => _line.Put("json"u8, default(JsonText))).Message);
    }

    [Fact]
    public void What_is_opened_and_holds_nothing_is_empty()
    {
        _line.Open();
        _line.Open("object"u8);
        _line.Close();
        _line.OpenArray("array"u8);
        _line.CloseArray();
        _line.OpenArray("two"u8);
        _line.Open();
        _line.Close();
        _line.Open();
        _line.Close();
        _line.CloseArray();
        _line.End();

        Assert.Equal("""{"object":{},"array":[],"two":[{},{}]}""", Encoding.UTF8.GetString(_line.Written));
    }

    private static Gen<string> Text { get; } = Gen.OneOf(Gen.String, Gen.String[Gen.Char[' ', '~'], 0, 80], Gen.String[Gen.Char["a\"\\\n\u007f\u00e9\ud800\udc00\u2028"], 0, 20]);

    private void AssertSame(string text)
    {
        _line.Clear();
        _line.Open();
        _line.Put("text"u8, text);
        _line.End();
        Assert.Equal(Platform(w => w.WriteString("text", text)), Encoding.UTF8.GetString(_line.Written));
    }

    private static string Platform(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, AuditJson.WriterOptions))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
