using System.Buffers;
using System.CommandLine;
using System.Text;

namespace Gateway.Cli;

/// <summary>
/// Reads lines and writes an answer to each, in order. What has arrived is answered before more is waited for, so the program can stand in the
/// middle of a conversation as well as of a file.
/// </summary>
internal static class PolicyLines
{
    private const int ChunkBytes = 256 * 1024;

    /// <summary>A longer line is no question, and is refused before it fills the memory.</summary>
    private const int MaxLineBytes = 64 * 1024 * 1024;

    public static Argument<string?> InputArgument() => new("input")
    {
        Description = "A file of lines to read in place of standard input.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Opens what the argument names, or standard input.</summary>
    public static Stream Open(Terminal terminal, string? path)
    {
        if (path is null) return Console.OpenStandardInput();
        try
        {
            return File.OpenRead(terminal.Resolve(path));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCode.Usage, $"{path}: the file cannot be read: {fault.Message.ReplaceLineEndings(" ")}");
        }
    }

    public static async Task AnswerAsync(Stream input, TextWriter output, Action<ReadOnlyMemory<byte>, IBufferWriter<byte>> answer, CancellationToken cancellation)
    {
        var buffer = new byte[ChunkBytes];
        var filled = 0;
        var answers = new ArrayBufferWriter<byte>(ChunkBytes);
        var isFirst = true;
        while (true)
        {
            var read = await input.ReadAsync(buffer.AsMemory(filled), cancellation);
            var end = filled + read;
            var start = 0;
            if (isFirst && end >= 3)
            {
                if (buffer.AsSpan(0, end).StartsWith(Encoding.UTF8.Preamble)) start = 3;
                isFirst = false;
            }
            while (buffer.AsSpan(start, end - start).IndexOf((byte)'\n') is >= 0 and var length)
            {
                Answer(buffer.AsMemory(start, length));
                start += length + 1;
            }
            if (read == 0 && start < end) Answer(buffer.AsMemory(start, end - start));
            if (answers.WrittenCount > 0)
            {
                await output.WriteAsync(Encoding.UTF8.GetString(answers.WrittenSpan).AsMemory(), cancellation);
                await output.FlushAsync(cancellation);
                answers.Clear();
            }
            if (read == 0) return;

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            filled = end - start;
            if (filled < buffer.Length) continue;
            if (buffer.Length >= MaxLineBytes) throw new CommandFault(ExitCode.Usage, $"a line has more than {MaxLineBytes} bytes");
            Array.Resize(ref buffer, buffer.Length * 2);
        }

        void Answer(ReadOnlyMemory<byte> line)
        {
            answer(line, answers);
            answers.Write("\n"u8);
        }
    }
}
