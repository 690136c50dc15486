namespace Gateway.Cli;

/// <summary>What the program ends with; scripts rely on these.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The command worked and found something wrong, or was refused.</summary>
    public const int Failed = 1;

    /// <summary>The command line, or something it names, cannot be read.</summary>
    public const int Usage = 2;

    /// <summary>A policy allows somebody whom it denied before, and nobody said that this is meant.</summary>
    public const int Widened = 3;

    /// <summary>A service could not be reached, or could not answer.</summary>
    public const int Unreachable = 4;

    /// <summary>Nothing is wrong with a bundle, but nobody said whose keys count: its own were taken.</summary>
    public const int OwnKeys = 5;

    /// <summary>Ctrl-C, as shells number it.</summary>
    public const int Interrupted = 130;
}
