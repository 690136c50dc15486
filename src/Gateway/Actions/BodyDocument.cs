using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.Actions;

/// <summary>
/// A body that was read: where each of its values stands in its bytes, in one pass and without an object for any of them. The places are pooled; the
/// document is good until it is disposed of, and its values notice when they are used after that.
/// </summary>
internal sealed class BodyDocument : IDisposable
{
    private const int UsualTokens = 64;

    /// <summary>Documents kept for later; more than are in use at once are left to the garbage collector.</summary>
    private static readonly DefaultObjectPool<BodyDocument> Pool = new(new DefaultPooledObjectPolicy<BodyDocument>(), maximumRetained: 256);

    private ReadOnlyMemory<byte> _body;
    private BodyToken[] _tokens = new BodyToken[UsualTokens];
    private int _count;
    private bool _isInUse;

    // The texts that have escapes in them, as what they stand for; rented by the few bodies that have any.
    private byte[] _unescaped = [];
    private int _unescapedLength;

    /// <summary>Differs in each use of a pooled document, so that a value of an earlier one is known.</summary>
    internal int Generation { get; private set; }

    /// <summary>The whole value.</summary>
    public BodyValue Root => new(this, 0, Generation);

    /// <summary>Reads a body as <see cref="StrictJson"/> says.</summary>
    /// <param name="body">The bytes, which must stay as they are until the document is disposed of.</param>
    /// <param name="reason">Why there is no document, one of <see cref="RefusalReason"/>; empty when there is one.</param>
    public static BodyDocument? Parse(ReadOnlyMemory<byte> body, out string reason)
    {
        var document = Pool.Get();
        (document._body, document._isInUse) = (body, true);
        try
        {
            reason = document.Fill();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader throws InvalidOperationException, not JsonException, for some ill-formed strings.
            reason = RefusalReason.BodyNotJson;
        }

        if (reason.Length == 0) return document;
        document.Dispose();
        return null;
    }

    /// <summary>A value that was written down, kept as long as it is used; undefined when no body can hold it.</summary>
    public static BodyValue Of(JsonElement value) => StrictJson.Parse(JsonMarshal.GetRawUtf8Value(value).ToArray(), out _)?.Root ?? default;

    public void Dispose()
    {
        if (!_isInUse) return;
        _isInUse = false;
        Generation++;
        _body = default;
        if (_tokens.Length > UsualTokens)
        {
            ArrayPool<BodyToken>.Shared.Return(_tokens);
            _tokens = new BodyToken[UsualTokens];
        }

        if (_unescaped.Length > 0) ArrayPool<byte>.Shared.Return(_unescaped, clearArray: true);
        (_count, _unescaped, _unescapedLength) = (0, [], 0);
        Pool.Return(this);
    }

    internal ref readonly BodyToken TokenAt(int index, int generation)
    {
        ObjectDisposedException.ThrowIf(generation != Generation, this);
        return ref _tokens[index];
    }

    /// <summary>A string's characters, its escapes read; a number as it is written.</summary>
    internal ReadOnlySpan<byte> TextOf(in BodyToken token) =>
        (token.IsUnescaped ? _unescaped : _body.Span).Slice(token.Start, token.Length);

    private string Fill()
    {
        var reader = new Utf8JsonReader(_body.Span, new JsonReaderOptions { MaxDepth = StrictJson.MaxDepth + 1 });
        Span<int> open = stackalloc int[StrictJson.MaxDepth];
        var (keys, hasTwins) = (0, false);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray when reader.CurrentDepth >= StrictJson.MaxDepth:
                    return RefusalReason.BodyTooDeep;

                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    open[reader.CurrentDepth] = _count;
                    Add(new BodyToken(reader.TokenType == JsonTokenType.StartObject ? JsonValueKind.Object : JsonValueKind.Array, 0, 0, false));
                    break;

                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    var container = open[reader.CurrentDepth];
                    _tokens[container] = Closed(container);
                    // Named last, when everything else is known to be in order.
                    hasTwins = hasTwins || (reader.TokenType == JsonTokenType.EndObject && MemberTwins.AreIn(this, container));
                    break;

                case JsonTokenType.PropertyName or JsonTokenType.String:
                    if (reader.TokenType == JsonTokenType.PropertyName && ++keys > StrictJson.MaxKeys) return RefusalReason.BodyTooManyKeys;
                    if (reader.ValueIsEscaped && StrictJson.HasLoneSurrogate(reader.ValueSpan)) return RefusalReason.BodyLoneSurrogate;
                    Add(reader.ValueIsEscaped ? Unescaped(ref reader) : Text(JsonValueKind.String, (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length));
                    break;

                case JsonTokenType.Number when !StrictJson.IsBounded(reader.ValueSpan):
                    return RefusalReason.BodyNumber;

                case JsonTokenType.Number:
                    Add(Text(JsonValueKind.Number, (int)reader.TokenStartIndex, reader.ValueSpan.Length));
                    break;

                default:
                    Add(Text(KindOf(reader.TokenType), (int)reader.TokenStartIndex, reader.ValueSpan.Length));
                    break;
            }
        }

        return hasTwins ? RefusalReason.BodyDuplicateKey : "";
    }

    private static JsonValueKind KindOf(JsonTokenType token) => token switch
    {
        JsonTokenType.True => JsonValueKind.True,
        JsonTokenType.False => JsonValueKind.False,
        _ => JsonValueKind.Null,
    };

    private static BodyToken Text(JsonValueKind kind, int start, int length) => new(kind, start, length, false);

    private BodyToken Unescaped(ref Utf8JsonReader reader)
    {
        // No escape is shorter than what it stands for.
        if (_unescaped.Length == 0) _unescaped = ArrayPool<byte>.Shared.Rent(_body.Length);
        var start = _unescapedLength;
        _unescapedLength += reader.CopyString(_unescaped.AsSpan(start));
        return new BodyToken(JsonValueKind.String, start, _unescapedLength - start, true);
    }

    private BodyToken Closed(int container)
    {
        var members = 0;
        for (var i = container + 1; i < _count; i = After(i)) members++;
        var kind = _tokens[container].Kind;
        return new BodyToken(kind, 0, kind == JsonValueKind.Object ? members / 2 : members, false) { Span = _count - container };
    }

    private int After(int index) => index + _tokens[index].Span;

    private void Add(BodyToken token)
    {
        if (_count == _tokens.Length)
        {
            var larger = ArrayPool<BodyToken>.Shared.Rent(_count * 4);
            _tokens.CopyTo(larger, 0);
            if (_count > UsualTokens) ArrayPool<BodyToken>.Shared.Return(_tokens);
            _tokens = larger;
        }

        _tokens[_count++] = token;
    }
}

/// <summary>One value, or the name of a member, which stands before its value.</summary>
/// <param name="Kind">What it is; a name is a string.</param>
/// <param name="Start">Where its text begins.</param>
/// <param name="Length">Bytes of its text; of an object and an array, its members or items.</param>
/// <param name="IsUnescaped">The text stands among those whose escapes were read, not in the body.</param>
internal readonly record struct BodyToken(JsonValueKind Kind, int Start, int Length, bool IsUnescaped)
{
    /// <summary>Tokens from this one to the next that is not within it.</summary>
    public int Span { get; init; } = 1;
}
