using Gateway.Compute.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Compute.Tests;

/// <summary>A look into the database of a running service.</summary>
internal static class Stored
{
    public static T Read<T>(RunningCompute compute, Func<ComputeSession, T> read) =>
        compute.Services.GetRequiredService<ComputeDatabase>().Read(read);

    public static void Write(RunningCompute compute, Action<ComputeSession> write) =>
        compute.Services.GetRequiredService<ComputeDatabase>().Write(session =>
        {
            write(session);
            return true;
        });
}
