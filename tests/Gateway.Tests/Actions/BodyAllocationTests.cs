using Gateway.Actions;
using Gateway.FrontDoor;
using Xunit;

namespace Gateway.Tests.Actions;

/// <summary>Run while nothing else is, since others that read bodies take from the same pool.</summary>
[Collection(nameof(BodyAllocationTests))]
public sealed class BodyAllocationTests
{
    private static readonly byte[] Backup = """{"createBackup": {"name": "monday", "backup_type": "daily", "rotation": 2}}"""u8.ToArray();

    [Fact]
    public void Scanning_and_validating_a_backup_allocates_nothing()
    {
        var action = Requests.Match("POST", Requests.ActionPath).Operation.Actions["createBackup"];
        var schema = action.SchemaFor(new Microversion(2, 1))!;
        for (var i = 0; i < 100; i++) ScanAndValidate();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) ScanAndValidate();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);

        void ScanAndValidate()
        {
            using var document = StrictJson.Parse(Backup, out _)!;
            var members = document.Root.EnumerateObject();
            if (!members.MoveNext() || schema.Validate(members.Current.Value, action.Key, action.Secrets, ignoreUnknown: false) is not null)
                throw new InvalidOperationException("the backup is not accepted");
        }
    }
}

[CollectionDefinition(nameof(BodyAllocationTests), DisableParallelization = true)]
public sealed class BodyAllocationTestsAlone;
