using System.Net;
using StackExchange.Redis;

namespace Gateway.Limits;

/// <summary>The connection to Redis, and the one script that is run there.</summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private const int ConnectMilliseconds = 1000;

    private readonly ConfigurationOptions _options;
    private readonly string _script;
    private readonly byte[] _hash;
    private ConnectionMultiplexer? _redis;
    private ClusterConfiguration? _cluster;
    private Task _looking = Task.CompletedTask;
    private long _reloads;

    public RedisConnection(string connection)
    {
        _options = Parse(connection);
        using var reader = new StreamReader(typeof(RedisConnection).Assembly.GetManifestResourceStream("limits.lua")!);
        _script = reader.ReadToEnd();
#pragma warning disable CA5350 // Redis names its scripts by SHA-1; nothing is protected by it.
        _hash = System.Security.Cryptography.SHA1.HashData(System.Text.Encoding.UTF8.GetBytes(_script));
#pragma warning restore CA5350
    }

    /// <summary>
    /// Keys of one call may lie on different nodes. Assumed until Redis has said what it is, because asking slot by slot is right for any.
    /// </summary>
    public bool IsCluster { get; private set; } = true;

    /// <summary>The addresses, for people.</summary>
    public string Name => string.Join(',', _options.EndPoints.Select(point => point.ToString()?.Split('/')[^1]));

    /// <summary>Times that the script had to be sent again, because Redis had forgotten it.</summary>
    public long Reloads => Interlocked.Read(ref _reloads);

    /// <summary>Why a connection string cannot be used; null when it can.</summary>
    public static string? Problem(string connection)
    {
        // Nothing of it is quoted, and no message of the parser's: any part may be one of a password.
        try
        {
            var points = Parse(connection).EndPoints;
            if (points.Count == 0) return "names no address";
            return points.All(IsPlain) ? null
                : "an address is no host and port: it begins with no `redis://`, has only letters, digits, `.`, `-`, `_` and `:`, and user and password are options of their own";
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            return "it has an option that is not known, or one whose value is none";
        }
    }

    /// <summary>Connects for the first time. When Redis is not there, the connection goes on trying by itself.</summary>
    public async Task ConnectAsync()
    {
        try
        {
            _redis ??= await ConnectionMultiplexer.ConnectAsync(_options);
            Learn();
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException)
        {
            throw new BucketsUnreachableException(Short(e), e);
        }
    }

    /// <summary>Finds out what Redis is, once it is connected.</summary>
    public void Learn()
    {
        var servers = _redis?.GetServers().Where(server => server.IsConnected).ToArray() ?? [];
        if (servers.Length == 0) return;
        IsCluster = servers.Any(server => server.ServerType == ServerType.Cluster);
        _cluster = IsCluster ? servers.Select(server => server.ClusterConfiguration).FirstOrDefault(cluster => cluster is not null) : null;
    }

    /// <summary>Asks every server again what it is: another may have become the master. Not waited for.</summary>
    public void LookForMaster()
    {
        if (_redis is { } redis && _looking.IsCompleted) _looking = redis.ConfigureAsync();
    }

    /// <summary>The node of a cluster that holds a hash tag, as last heard; of anything else, the whole.</summary>
    public string NodeOf(string tag) =>
        IsCluster && _redis is { } redis && _cluster?.GetBySlot(redis.HashSlot(tag))?.EndPoint is { } node ? node.ToString() ?? Breaker.Whole : Breaker.Whole;

    /// <summary>Runs the script: one round trip, and another when Redis has forgotten it.</summary>
    /// <exception cref="BucketsUnreachableException">Redis did not answer, or could not do it.</exception>
    public async Task<long[]> RunAsync(RedisKey[] keys, RedisValue[] arguments)
    {
        if (_redis is not { } redis) throw new BucketsUnreachableException("Redis was not reached yet");
        try
        {
            var database = redis.GetDatabase();
            try
            {
                return (long[])(await database.ScriptEvaluateAsync(_hash, keys, arguments))!;
            }
            catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _reloads);
                return (long[])(await database.ScriptEvaluateAsync(_script, keys, arguments))!;
            }
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException or OperationCanceledException)
        {
            throw new BucketsUnreachableException(Short(e), e);
        }
    }

    /// <summary>Takes a lease out of a set, and does not wait for it.</summary>
    public void Forget(string key, string lease)
    {
        try
        {
            _redis?.GetDatabase().SortedSetRemove(key, lease, CommandFlags.FireAndForget);
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or ObjectDisposedException)
        {
            // The lease ends by itself.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null) await _redis.DisposeAsync();
    }

    private static ConfigurationOptions Parse(string connection)
    {
        var options = ConfigurationOptions.Parse(connection);
        options.ClientName ??= "compute-gateway";
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = ConnectMilliseconds;
        options.AsyncTimeout = options.SyncTimeout = ConnectMilliseconds;
        options.ReconnectRetryPolicy = new LinearRetry(ConnectMilliseconds / 4);
        // A call that cannot be sent now is decided without Redis now.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.IncludeDetailInExceptions = false;
        return options;
    }

    private static bool IsPlain(EndPoint point) => point switch
    {
        IPEndPoint => true,
        DnsEndPoint dns => dns.Host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or ':'),
        _ => false,
    };

    private static string Short(Exception e)
    {
        var text = e.Message.ReplaceLineEndings(" ");
        return text.Length <= 200 ? text : text[..200] + "…";
    }
}
