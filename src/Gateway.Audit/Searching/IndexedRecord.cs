using System.Text;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>The texts of a record that the index keeps, in the order of its columns.</summary>
internal enum IndexedField
{
    Id,
    Kind,
    Action,
    Outcome,
    Status,
    Reason,
    Rule,
    Revision,
    InitiatorId,
    InitiatorName,
    InitiatorType,
    ProjectId,
    TargetId,
    TargetType,
    TargetProject,
    ObserverId,
    RequestId,
    BackendId,
    Path,

    /// <summary>No column: it stands in for a reason that has none.</summary>
    DecisionCode,
}

/// <summary>
/// What the index keeps of a record, found in its bytes in one pass, without building the event. One object for record after record; what it gave is good until the next.
/// </summary>
internal sealed class IndexedRecord
{
    // The members of a request's body stand this deep: event, attachments, attachment, content, body.
    private const int BodyDepth = 4;

    private static readonly IndexedField[] Needed =
    [
        IndexedField.Id, IndexedField.Kind, IndexedField.Action, IndexedField.Outcome, IndexedField.InitiatorId, IndexedField.InitiatorType, IndexedField.TargetId,
        IndexedField.TargetType, IndexedField.ObserverId,
    ];

    private readonly (int Start, int Length)[] _fields = new (int, int)[Columns + 1];
    private byte[] _texts = new byte[4096];
    private byte[] _words = new byte[8192];
    private byte[] _scratch = new byte[1024];
    private int _textsLength;
    private int _wordsLength;

    /// <summary>How many columns the fields are.</summary>
    public const int Columns = (int)IndexedField.DecisionCode;

    private enum Part
    {
        None,
        Event,
        Initiator,
        Target,
        Observer,
        Reason,
        Attachments,
    }

    private enum Attachment
    {
        None,
        Record,
        Request,
        Decision,
        Backend,
    }

    /// <summary>In microseconds.</summary>
    public long Time { get; private set; }

    /// <summary>
    /// Every text and number in the record, word by word, but for its type URIs, which stand in all, and for digests and proofs; and the names of the body's members.
    /// </summary>
    public ReadOnlySpan<byte> Words => _words.AsSpan(0, _wordsLength);

    public bool Has(IndexedField field) => _fields[(int)field].Length >= 0;

    /// <summary>The field's text; empty when it has none.</summary>
    public ReadOnlySpan<byte> this[IndexedField field] => Has(field) ? _texts.AsSpan(_fields[(int)field].Start, _fields[(int)field].Length) : [];

    /// <exception cref="FormatException">The bytes are not a record.</exception>
    public void Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            Fill(utf8);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"not an audit event: {e.Message}", e);
        }

        if (Time == long.MinValue) throw new FormatException("not an audit event: it has no time");
        foreach (var field in Needed)
            if (!Has(field)) throw new FormatException($"not an audit event: it has no {field}");
        if (!Has(IndexedField.Reason) && Has(IndexedField.DecisionCode)) _fields[(int)IndexedField.Reason] = _fields[(int)IndexedField.DecisionCode];
    }

    private void Fill(ReadOnlySpan<byte> utf8)
    {
        Array.Fill(_fields, (0, -1));
        (_textsLength, _wordsLength, Time) = (0, 0, long.MinValue);

        // A word is followed by a space, and parted from the next by at least one byte that is dropped.
        Grow(ref _words, 2 * utf8.Length);
        Grow(ref _texts, utf8.Length);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 1024 });
        var (part, attachment) = (Part.None, Attachment.None);
        IndexedField? field = null;
        var (isTime, namesAttachment, skip, inBody) = (false, false, false, false);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    var depth = reader.CurrentDepth;
                    (field, isTime, namesAttachment) = (null, false, false);
                    switch (depth)
                    {
                        case 1:
                            (part, field, isTime) = Member(ref reader);
                            break;
                        case 2:
                            field = MemberOf(part, ref reader);
                            break;
                        case 3 when part == Part.Attachments:
                            namesAttachment = reader.ValueTextEquals("name"u8);
                            break;
                        case 4 when part == Part.Attachments:
                            field = MemberOf(attachment, ref reader);
                            break;
                    }

                    if (depth <= BodyDepth) inBody = depth == BodyDepth && reader.ValueTextEquals("body"u8);
                    else if (inBody) AppendWords(Text(ref reader));
                    skip = reader.ValueTextEquals("typeURI"u8) || reader.ValueTextEquals("hash"u8) || reader.ValueTextEquals("note"u8) || reader.ValueTextEquals("peaks"u8);
                    break;

                case JsonTokenType.StartObject when reader.CurrentDepth == 2:
                    attachment = Attachment.None;
                    break;

                case JsonTokenType.String or JsonTokenType.Number:
                    if (namesAttachment) attachment = AttachmentOf(ref reader);
                    if (isTime) Time = RecordColumns.Microseconds(reader.GetDateTimeOffset());
                    if (skip && field is null) break;
                    var text = Text(ref reader);
                    if (field is { } kept && reader.TokenType == JsonTokenType.String) Keep(kept, text);
                    if (!skip) AppendWords(text);
                    (field, namesAttachment) = (null, false);
                    break;
            }
        }
    }

    private static (Part Part, IndexedField? Field, bool IsTime) Member(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("id"u8) ? (Part.Event, IndexedField.Id, false)
        : reader.ValueTextEquals("eventTime"u8) ? (Part.Event, null, true)
        : reader.ValueTextEquals("action"u8) ? (Part.Event, IndexedField.Action, false)
        : reader.ValueTextEquals("outcome"u8) ? (Part.Event, IndexedField.Outcome, false)
        : reader.ValueTextEquals("requestPath"u8) ? (Part.Event, IndexedField.Path, false)
        : reader.ValueTextEquals("initiator"u8) ? (Part.Initiator, null, false)
        : reader.ValueTextEquals("target"u8) ? (Part.Target, null, false)
        : reader.ValueTextEquals("observer"u8) ? (Part.Observer, null, false)
        : reader.ValueTextEquals("reason"u8) ? (Part.Reason, null, false)
        : reader.ValueTextEquals("attachments"u8) ? (Part.Attachments, null, false)
        : (Part.None, null, false);

    private static IndexedField? MemberOf(Part part, ref Utf8JsonReader reader) => part switch
    {
        Part.Initiator => reader.ValueTextEquals("id"u8) ? IndexedField.InitiatorId
            : reader.ValueTextEquals("name"u8) ? IndexedField.InitiatorName
            : reader.ValueTextEquals("typeURI"u8) ? IndexedField.InitiatorType
            : reader.ValueTextEquals("project_id"u8) ? IndexedField.ProjectId
            : null,
        Part.Target => reader.ValueTextEquals("id"u8) ? IndexedField.TargetId
            : reader.ValueTextEquals("typeURI"u8) ? IndexedField.TargetType
            : reader.ValueTextEquals("project_id"u8) ? IndexedField.TargetProject
            : null,
        Part.Observer => reader.ValueTextEquals("id"u8) ? IndexedField.ObserverId : null,
        Part.Reason => reader.ValueTextEquals("reasonCode"u8) ? IndexedField.Status : reader.ValueTextEquals("code"u8) ? IndexedField.Reason : null,
        _ => null,
    };

    private static IndexedField? MemberOf(Attachment attachment, ref Utf8JsonReader reader) => attachment switch
    {
        Attachment.Record => reader.ValueTextEquals("kind"u8) ? IndexedField.Kind : null,
        Attachment.Request => reader.ValueTextEquals("id"u8) ? IndexedField.RequestId : null,
        Attachment.Decision => reader.ValueTextEquals("rule"u8) ? IndexedField.Rule
            : reader.ValueTextEquals("revision"u8) ? IndexedField.Revision
            : reader.ValueTextEquals("code"u8) ? IndexedField.DecisionCode
            : null,
        Attachment.Backend => reader.ValueTextEquals("request_id"u8) ? IndexedField.BackendId : null,
        _ => null,
    };

    private static Attachment AttachmentOf(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("record"u8) ? Attachment.Record
        : reader.ValueTextEquals("request"u8) ? Attachment.Request
        : reader.ValueTextEquals("decision"u8) ? Attachment.Decision
        : reader.ValueTextEquals("backend"u8) ? Attachment.Backend
        : Attachment.None;

    private static void Grow(ref byte[] buffer, int size)
    {
        if (buffer.Length < size) buffer = new byte[Math.Max(size, 2 * buffer.Length)];
    }

    private ReadOnlySpan<byte> Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan;
        Grow(ref _scratch, reader.ValueSpan.Length);
        try
        {
            return _scratch.AsSpan(0, reader.CopyString(_scratch));
        }
        catch (InvalidOperationException)
        {
            // An escape that is JSON but not text.
            return reader.ValueSpan;
        }
    }

    private void Keep(IndexedField field, ReadOnlySpan<byte> text)
    {
        text.CopyTo(_texts.AsSpan(_textsLength));
        _fields[(int)field] = (_textsLength, text.Length);
        _textsLength += text.Length;
    }

    private void AppendWords(ReadOnlySpan<byte> text)
    {
        var length = 0;
        while (text.Length > 0)
        {
            var (isOfWord, size) = text[0] < 128 ? (EventWords.IsOfWord((char)text[0]), 1) : Beyond(text);
            if (isOfWord && length++ < EventWords.LongestWord)
            {
                text[..size].CopyTo(_words.AsSpan(_wordsLength));
                _wordsLength += size;
            }
            else if (!isOfWord && length > 0)
            {
                _words[_wordsLength++] = (byte)' ';
                length = 0;
            }

            text = text[size..];
        }

        if (length > 0) _words[_wordsLength++] = (byte)' ';
    }

    private static (bool IsOfWord, int Size) Beyond(ReadOnlySpan<byte> text)
    {
        Rune.DecodeFromUtf8(text, out var rune, out var size);
        return (rune.IsBmp && EventWords.IsOfWord((char)rune.Value), size);
    }
}
