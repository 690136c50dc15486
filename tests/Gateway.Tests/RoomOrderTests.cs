using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Xunit;

namespace Gateway.Tests;

/// <summary>A room may use the rooms before it, never those after it.</summary>
public sealed class RoomOrderTests
{
    private static readonly string[] Rooms =
        ["FrontDoor", "Identity", "Actions", "Targets", "Policies", "Limits", "Auditing", "Forwarding", "Configuration", "Admin", "Console"];

    private static readonly Architecture Loaded = new ArchLoader().LoadAssemblies(typeof(GatewayPipeline).Assembly, typeof(RoomOrderTests).Assembly).Build();

    [Fact]
    public void No_room_uses_a_later_room() => Assert.Empty(Violations("Gateway"));

    [Fact]
    public void The_check_finds_a_planted_violation() =>
        Assert.Equal(["Planted.FrontDoor.Eager uses Planted.Forwarding.Later"], Violations("Planted"));

    [Fact]
    public void Only_the_program_knows_the_stand_ins()
    {
        var knowing =
            from type in Loaded.Types
            where type.Assembly.Name.StartsWith("Gateway,", StringComparison.Ordinal) || type.Assembly.Name == "Gateway"
            where type.Dependencies.Any(use => use.Target.FullName.StartsWith("Gateway.Compute.", StringComparison.Ordinal)
                || use.Target.FullName.StartsWith("Gateway.DevIdentity.", StringComparison.Ordinal))
            select type.FullName.Split('/', '+')[0];
        Assert.Equal(["Gateway.StandIns"], knowing.Distinct(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Violations(string root) =>
        from type in Loaded.Types
        let own = RoomOf(root, type.FullName)
        where own >= 0
        from target in type.Dependencies.Select(use => use.Target.FullName).Distinct(StringComparer.Ordinal)
        where RoomOf(root, target) > own
        select $"{type.FullName} uses {target}";

    private static int RoomOf(string root, string typeName) =>
        Array.FindIndex(Rooms, room => typeName.StartsWith($"{root}.{room}.", StringComparison.Ordinal));
}
