using System.Buffers;
using System.Numerics;

namespace Gateway.Actions;

/// <summary>Finds two members of one object that have the same name, however each of them is written.</summary>
internal static class MemberTwins
{
    /// <summary>Up to so many names, each is compared with each.</summary>
    private const int Few = 12;

    public static bool AreIn(BodyDocument document, int container)
    {
        var members = new BodyValue(document, container, document.Generation).EnumerateObject();
        return members.Left <= Few ? AreAmongFew(members) : AreAmongMany(members);
    }

    private static bool AreAmongFew(BodyMembers members)
    {
        var seen = 0;
        foreach (var member in members)
        {
            var others = members;
            for (var i = 0; i < seen && others.MoveNext(); i++)
                if (others.Current.NameUtf8.SequenceEqual(member.NameUtf8)) return true;
            seen++;
        }

        return false;
    }

    private static bool AreAmongMany(BodyMembers members)
    {
        // Open addressing, half full at the most. The hash is keyed anew in each process, so that nobody can choose names that collide.
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)members.Left * 2);
        var slots = ArrayPool<BodyMember>.Shared.Rent(size);
        Array.Clear(slots, 0, size);
        try
        {
            foreach (var member in members)
            {
                var hash = new HashCode();
                hash.AddBytes(member.NameUtf8);
                var slot = hash.ToHashCode() & (size - 1);
                for (; !slots[slot].IsNothing; slot = (slot + 1) & (size - 1))
                    if (slots[slot].NameUtf8.SequenceEqual(member.NameUtf8)) return true;
                slots[slot] = member;
            }

            return false;
        }
        finally
        {
            ArrayPool<BodyMember>.Shared.Return(slots, clearArray: true);
        }
    }
}
