using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Gateway.Actions;

/// <summary>A value in a body that was read, with the words of <see cref="JsonElement"/>. Good as long as its document is.</summary>
internal readonly struct BodyValue(BodyDocument document, int index, int generation)
{
    /// <summary>Undefined where there is no body.</summary>
    public JsonValueKind ValueKind => document is null ? JsonValueKind.Undefined : Token.Kind;

    /// <summary>A string's characters, its escapes read; a number as it is written.</summary>
    public ReadOnlySpan<byte> Utf8 => document.TextOf(Token);

    private ref readonly BodyToken Token => ref document.TokenAt(index, generation);

    /// <summary>Two values that are equal as JSON: numbers by what they are worth, objects in whatever order.</summary>
    public static bool DeepEquals(BodyValue one, BodyValue other)
    {
        if (one.ValueKind != other.ValueKind) return false;
        switch (one.ValueKind)
        {
            case JsonValueKind.String:
                return one.Utf8.SequenceEqual(other.Utf8);

            case JsonValueKind.Number:
                return one.Utf8.SequenceEqual(other.Utf8) || JsonElement.DeepEquals(JsonElement.Parse(one.Utf8), JsonElement.Parse(other.Utf8));

            case JsonValueKind.Array:
                if (one.GetArrayLength() != other.GetArrayLength()) return false;
                var items = other.EnumerateArray();
                foreach (var item in one.EnumerateArray())
                    if (!items.MoveNext() || !DeepEquals(item, items.Current)) return false;
                return true;

            case JsonValueKind.Object:
                if (one.GetPropertyCount() != other.GetPropertyCount()) return false;
                foreach (var member in one.EnumerateObject())
                    if (!other.TryGetProperty(member.NameUtf8, out var twin) || !DeepEquals(member.Value, twin)) return false;
                return true;

            default:
                return true;
        }
    }

    public string GetString() => Encoding.UTF8.GetString(Utf8);

    /// <summary>A number, or a word of JSON, as it is written.</summary>
    public string GetRawText() => Encoding.UTF8.GetString(Utf8);

    public bool TryGetInt64(out long value) => Utf8Parser.TryParse(Utf8, out value, out var read) && read == Utf8.Length;

    public double GetDouble() => Utf8Parser.TryParse(Utf8, out double value, out _) ? value : throw new InvalidOperationException($"`{GetRawText()}` is no number");

    public int GetArrayLength() => Token.Length;

    public int GetPropertyCount() => Token.Length;

    public BodyItems EnumerateArray() => new(document, index + 1, generation, Token.Length);

    public BodyMembers EnumerateObject() => new(document, index + 1, generation, Token.Length);

    /// <summary>The member of a name; false when there is none.</summary>
    public bool TryGetProperty(ReadOnlySpan<char> name, out BodyValue value)
    {
        foreach (var member in EnumerateObject())
        {
            if (!member.NameEquals(name)) continue;
            value = member.Value;
            return true;
        }

        value = default;
        return false;
    }

    /// <inheritdoc cref="TryGetProperty(ReadOnlySpan{char}, out BodyValue)"/>
    public bool TryGetProperty(ReadOnlySpan<byte> name, out BodyValue value)
    {
        foreach (var member in EnumerateObject())
        {
            if (!member.NameUtf8.SequenceEqual(name)) continue;
            value = member.Value;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Writes the value; a number with the digits it came with.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        switch (ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in EnumerateObject())
                {
                    writer.WritePropertyName(member.NameUtf8);
                    member.Value.WriteTo(writer);
                }

                writer.WriteEndObject();
                break;

            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in EnumerateArray()) item.WriteTo(writer);
                writer.WriteEndArray();
                break;

            case JsonValueKind.String:
                writer.WriteStringValue(Utf8);
                break;

            default:
                writer.WriteRawValue(Utf8, skipInputValidation: true);
                break;
        }
    }
}

/// <summary>A member of an object in a body.</summary>
internal readonly struct BodyMember(BodyDocument document, int index, int generation)
{
    public bool IsNothing => document is null;

    public ReadOnlySpan<byte> NameUtf8 => document.TextOf(document.TokenAt(index, generation));

    public string Name => Encoding.UTF8.GetString(NameUtf8);

    public BodyValue Value => new(document, index + 1, generation);

    public bool NameEquals(ReadOnlySpan<char> name) =>
        Ascii.IsValid(name) ? Ascii.Equals(NameUtf8, name) : NameUtf8.SequenceEqual(Encoding.UTF8.GetBytes(name.ToArray()));
}

/// <summary>The members of an object, in the order they were written.</summary>
internal struct BodyMembers(BodyDocument document, int next, int generation, int count)
{
    private int _at = -1;
    private int _next = next;
    private int _left = count;

    /// <summary>How many are still to come.</summary>
    public readonly int Left => _left;

    public readonly BodyMember Current => new(document, _at, generation);

    public readonly BodyMembers GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_left-- <= 0) return false;
        _at = _next;
        _next = _at + 1 + document.TokenAt(_at + 1, generation).Span;
        return true;
    }
}

/// <summary>The items of an array, in their order.</summary>
internal struct BodyItems(BodyDocument document, int next, int generation, int count)
{
    private int _at = -1;
    private int _next = next;
    private int _left = count;

    public readonly BodyValue Current => new(document, _at, generation);

    public readonly BodyItems GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_left-- <= 0) return false;
        _at = _next;
        _next = _at + document.TokenAt(_at, generation).Span;
        return true;
    }
}
