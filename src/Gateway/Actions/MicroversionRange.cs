using System.Runtime.InteropServices;
using Gateway.FrontDoor;

namespace Gateway.Actions;

/// <summary>The versions, both ends included, in which something exists; without an end it goes on for ever.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct MicroversionRange(Microversion From, Microversion? To)
{
    public bool Contains(Microversion version) => version >= From && (To is not { } to || version <= to);

    public override string ToString() => To is { } to ? $"{From} to {to}" : $"{From} and later";
}
