using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Gateway.Benchmarks;

if (await AuditLoad.RunAsync(args) is var code and >= 0) return code;

// The first load of a process parses the defaults and compiles every shape of rule, which later loads find done: it has to be timed in a process of its own.
if (args is ["first-load"])
{
    var begun = TimeProvider.System.GetTimestamp();
    var rules = Loaded.Defaults("2025.2").RuleNames.Count;
    Console.WriteLine($"first load of {rules} rules: {TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds:F0} ms");
    return 0;
}

if (args is ["redis-side-by-side"])
{
    await RedisLimitBenchmarks.PrintAsync();
    return 0;
}

if (args is ["bucket-memory"])
{
    await RedisMemory.PrintAsync();
    return 0;
}
if (args is ["bare-yarp", var listen, var backend, .. var more]) return await BareYarp.RunAsync(listen, backend, more is ["--buffer"]);
if (args is ["growth", .. var rooms]) return await GrowthBenchmark.RunAsync(rooms);
if (args is ["token-flood"]) return await TokenFlood.RunAsync();
if (args is ["table-flood"]) return TableFlood.Run();

// In this process: the build of a generated project would have to find its way through the repository's own settings.
var job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
var config = DefaultConfig.Instance.AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).WithArtifactsPath(Path.Combine("artifacts", "benchmarks"));
var summaries = BenchmarkSwitcher.FromTypes([typeof(DecisionBenchmarks), typeof(RowBenchmarks), typeof(PolicyBenchmarks), typeof(BodyBenchmarks), typeof(AuditEventBenchmarks), typeof(LimitBenchmarks), typeof(RedisLimitBenchmarks), typeof(IdentityBenchmarks)]).Run(args, config);
return summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
