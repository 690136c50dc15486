using Gateway.Actions;

namespace Gateway.Auditing;

/// <summary>What an answer on the admin port says of a value that cannot be used.</summary>
internal static class AnswerText
{
    /// <summary>A message as it is, unless what it repeats gives access to something: it would then stand in the caller's logs, too.</summary>
    public static string WithoutCredentials(string message) =>
        SecretText.IsIn(Uri.UnescapeDataString(message)) ? "a value cannot be used; it holds a credential and is not repeated here" : message;
}
