using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit;

/// <summary>Reads the lines of a part of a file, one after the other. For one thread; the line is there until the next is asked for.</summary>
internal sealed class LineScanner
{
    /// <summary>No record is as long; what is, is no line of ours, and is not read into memory.</summary>
    private const int LongestLine = 256 << 20;

    private readonly SafeFileHandle _file;
    private readonly string _path;
    private byte[] _buffer;
    private long _bufferAt;
    private long _to;
    private int _next;
    private int _length;
    private int _lineLength;

    public LineScanner(SafeFileHandle file, string path, int bufferSize = 64 * 1024)
    {
        (_file, _path) = (file, path);
        _buffer = new byte[bufferSize];
    }

    /// <summary>Where the line begins in the file.</summary>
    public long Offset { get; private set; }

    /// <summary>The line without its line feed.</summary>
    public ReadOnlySpan<byte> Line => _buffer.AsSpan((int)(Offset - _bufferAt), _lineLength);

    /// <summary>False for what stands at the end without a line feed.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Where the next line begins.</summary>
    public long Next => _bufferAt + _next;

    /// <summary>Begins at a place, and reads no byte from <paramref name="to"/> on.</summary>
    public void Start(long from, long to) => (_bufferAt, _to, _next, _length) = (from, to, 0, 0);

    /// <summary>Goes on to the next line; false at the end.</summary>
    /// <exception cref="AuditStoreException">The file cannot be read, or what stands there is no line.</exception>
    public bool Read()
    {
        var searched = 0;
        while (true)
        {
            var rest = _buffer.AsSpan(_next, _length - _next);
            var feed = rest[searched..].IndexOf((byte)'\n');
            if (feed >= 0) return Found(searched + feed, isComplete: true);
            searched = rest.Length;
            if (!Fill()) return searched > 0 && Found(searched, isComplete: false);
        }
    }

    private bool Found(int length, bool isComplete)
    {
        (Offset, _lineLength, IsComplete) = (Next, length, isComplete);
        _next += isComplete ? length + 1 : length;
        return true;
    }

    private bool Fill()
    {
        var left = _to - (_bufferAt + _length);
        if (left <= 0) return false;
        if (_next > 0)
        {
            _buffer.AsSpan(_next, _length - _next).CopyTo(_buffer);
            (_bufferAt, _length, _next) = (_bufferAt + _next, _length - _next, 0);
        }

        if (_length >= LongestLine) throw new AuditStoreException($"{_path}: the line at byte {_bufferAt} is longer than any record; verify the store", new InvalidDataException());
        if (_length == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        try
        {
            var read = RandomAccess.Read(_file, _buffer.AsSpan(_length, (int)Math.Min(left, _buffer.Length - _length)), _bufferAt + _length);
            _length += read;
            return read > 0;
        }
        catch (IOException e)
        {
            throw new AuditStoreException($"{_path}: cannot be read at byte {_bufferAt + _length}: {e.Message}", e);
        }
    }
}
