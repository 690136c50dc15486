// Two rooms in the wrong order, so that the room test is known to be able to fail.
namespace Planted.Forwarding
{
    internal sealed class Later
    {
        public override string ToString() => "later";
    }
}

namespace Planted.FrontDoor
{
    internal sealed class Eager
    {
        public static string Peek() => new Forwarding.Later().ToString();
    }
}
