namespace Gateway.Casbin;

/// <summary>
/// A model, a policy row or a request that cannot be used. The message is one line: place, what is wrong, what would be right.
/// </summary>
public sealed class CasbinException : Exception
{
    public CasbinException(string message) : base(message)
    {
    }

    public CasbinException(string message, Exception innerException) : base(message, innerException)
    {
    }

    internal static CasbinException At(string place, string problem) => new($"{place}: {problem}");
}
