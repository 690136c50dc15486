using Gateway.Configuration;
using Xunit;

namespace Gateway.Tests.Configuration;

public sealed class GatewayConfigurationTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Accepts_what_is_shipped()
    {
        File.WriteAllText(_file, EmbeddedFile.ReadText("config/gateway.json"));
        var configuration = GatewayConfiguration.Load(["--config", _file], isDevelopment: true);
        Assert.Equal("http://127.0.0.1:8774", configuration.Options.Listen.Data);
        Assert.True(configuration.NeedsComputeStandIn);
        Assert.True(configuration.NeedsIdentityStandIn);
    }

    [Fact]
    public void Reports_every_problem_at_once_with_place_value_and_remedy()
    {
        File.WriteAllText(_file, """
            {
              "Listne": { "Data": "http://127.0.0.1:1" },
              "Policy": { "Semantics": "lax", "ReloadSeconds": "soon" },
              "Audit": { "Stroe": "x.db" }
            }
            """);
        Assert.Equal(
            [
                $"{_file}: Audit:Stroe: `x.db`: no such key: known here are CheckpointSeconds, Checkpoints, DeadlineMilliseconds, GatewayId, Index, Keys, MaxBatch, Postgres, RetentionDays, Rules, SecondCheckpoints, SegmentMegabytes, Sinks, Spool, SpoolBytes, Store",
                $"{_file}: Listne: no such key: known here are Api, Audit, DataDirectory, Identity, Limits, Listen, Policy, ReverseProxy, StandIns, Targets",
                $"{_file}: Policy:ReloadSeconds: `soon`: must be a whole number",
                $"{_file}: Policy:Semantics: `lax`: must be one of Strict, Oslo",
            ],
            Problems().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Reports_unknown_keys_and_unusable_values_together()
    {
        File.WriteAllText(_file, """{ "Listne": {}, "Policy": { "Flie": "x", "ReloadSeconds": 0 } }""");
        Assert.Equal(
            [
                $"{_file}: Policy:Flie: `x`: no such key: known here are DefaultRule, Defaults, Directories, EnforceNewDefaults, EnforceScope, File, ReloadSeconds, Semantics",
                $"{_file}: Policy:ReloadSeconds: `0`: must be at least 1",
            ],
            Problems().Where(problem => problem.Contains("Policy:", StringComparison.Ordinal)));
    }

    [Fact]
    public void Reports_every_problem_of_the_sinks_and_shows_no_credentials()
    {
        File.WriteAllText(_file, """
            {
              "Audit": {
                "Postgres": "Host=db.example", "RetentionDays": 30,
                "Sinks": {
                  "both": { "File": { "Path": "x" }, "Webhook": { "Address": "https://hooks.example" } },
                  "none": {},
                  "a b": { "File": { "Path": "x", "Format": "cef" } },
                  "far": { "Syslog": { "Address": "udp://logs.example:514", "CaFile": "/nowhere/ca.pem" } },
                  "plain": { "Syslog": { "Address": "tcp://logs.example:601", "KeyFile": "/nowhere/key.pem", "Port": 3 } },
                  "hook": { "Webhook": { "Address": "https://me:hidden@hooks.example", "SecretFile": "/nowhere/secret", "BatchSize": 0 } }
                }
              }
            }
            """);
        Assert.Equal(
            [
                $"{_file}: Audit:RetentionDays: `30`: is for the SQLite store alone: the gateways' role in PostgreSQL may delete nothing; see docs/audit.md",
                $"{_file}: Audit:Sinks:both: exactly one of `File`, `Syslog` and `Webhook` is needed",
                $"{_file}: Audit:Sinks:far:Syslog:Address: `udp://logs.example:514`: must be such as `tcp://logs.example:601` or `tls://logs.example:6514`",
                $"{_file}: Audit:Sinks:far:Syslog:CaFile: `/nowhere/ca.pem`: no such file",
                $"{_file}: Audit:Sinks:hook:Webhook:Address: must be an http or https address without credentials: those belong in `AuthorizationFile`",
                $"{_file}: Audit:Sinks:hook:Webhook:BatchSize: `0`: must lie between 1 and 10000",
                $"{_file}: Audit:Sinks:hook:Webhook:SecretFile: `/nowhere/secret`: cannot be read",
                $"{_file}: Audit:Sinks:none: exactly one of `File`, `Syslog` and `Webhook` is needed",
                $"{_file}: Audit:Sinks:plain:Syslog:Address: `tcp://logs.example:601`: certificates belong to a `tls://` address",
                $"{_file}: Audit:Sinks:plain:Syslog:CertificateFile: needed: `KeyFile` belongs to a certificate",
                $"{_file}: Audit:Sinks:plain:Syslog:KeyFile: `/nowhere/key.pem`: no such file",
                $"{_file}: Audit:Sinks:plain:Syslog:Port: `3`: no such key: known here are Address, CaFile, CertificateFile, EnterpriseNumber, KeyFile",
                $"{_file}: Audit:Sinks:a b:File:Format: `cef`: must be one of Json, Ocsf",
            ],
            Problems().Where(problem => !problem.Contains("needed outside", StringComparison.Ordinal)).OrderBy(problem => problem.Contains("a b:", StringComparison.Ordinal)).ThenBy(problem => problem, StringComparer.Ordinal));
    }

    [Fact]
    public void Reports_what_the_types_cannot_see()
    {
        File.WriteAllText(_file, """
            {
              "Listen": { "Data": "here" },
              "Api": { "MaxMicroversion": "3" },
              "Identity": { "Issuers": [ { "Issuer": "https://i", "Audiences": [ "a" ], "JwksUrl": "ftp://k", "Algorithms": [ "HS256" ] } ] },
              "Policy": { "File": "/no/such/policy.yaml" },
              "ReverseProxy": {
                "Routes": { "r": { "ClusterId": "c" } },
                "Clusters": { "c": { "Destinations": { "d": { "Address": "http://d" } }, "Metadata": { "Identity": "signed" } } }
              }
            }
            """);
        Assert.Equal(
            [
                $"{_file}: Listen:Data: `here`: must be http://ADDRESS:PORT or https://ADDRESS:PORT with an IP address or `localhost`, such as `http://127.0.0.1:8774`",
                $"{_file}: Api:MaxMicroversion: `3`: must be a microversion from 2.1 up, such as `2.96`",
                $"{_file}: Identity:Issuers:0:JwksUrl: `ftp://k`: must be an http or https address",
                $"{_file}: Identity:Issuers:0:Algorithms: `HS256`: must be one of the asymmetric ES, RS or PS algorithms: whoever can check an HMAC can also forge it",
                $"{_file}: Identity:AuthUrl: needed: the address where clients get tokens, such as `https://keystone.example/v3`",
                $"{_file}: Policy:File: `/no/such/policy.yaml`: no such file",
                $"{_file}: ReverseProxy:Clusters:c:Metadata: `signed` needs `SecretFile` (a file holding the shared secret) or `Secret` of at least 16 characters",
            ],
            Problems());
    }

    [Theory]
    [InlineData("""{ "Listen": { "Data": "https://127.0.0.1:1" } }""", "Listen:CertificateFile: needed for an https address: the certificate in PEM")]
    [InlineData("""{ "Listen": { "Admin": "https://127.0.0.1:1" } }""", "Listen:CertificateFile: needed for an https address: the certificate in PEM")]
    [InlineData("""{ "Listen": { "CertificateFile": "/no/such.crt" } }""", "Listen:CertificateFile: `/no/such.crt`: no such file")]
    [InlineData("""{ "Listen": { "KeyFile": "/no/such.key" } }""", "Listen:KeyFile: `/no/such.key`: belongs to a CertificateFile: name that too")]
    [InlineData("""{ "Api": { "Unlisted": "allow" } }""", "Api:Unlisted: `allow`: must be `refuse` or `allow-admin`")]
    [InlineData(
        """{ "ReverseProxy": { "Routes": { "r": { "ClusterId": "c" } }, "Clusters": { "c": { "Destinations": { "d": { "Address": "http://d" } }, "Metadata": { "Schemas": "lax" } } } } }""",
        "ReverseProxy:Clusters:c:Metadata:Schemas: `lax`: is not known: use `strict` (refuse what a schema does not accept), `report` (let it pass and record it) or `off`")]
    public void Reports(string json, string problem)
    {
        File.WriteAllText(_file, json);
        Assert.Equal([$"{_file}: {problem}"], Problems());
    }

    [Fact]
    public void Reports_a_certificate_that_cannot_be_used()
    {
        File.WriteAllText(_file, $$"""{ "Listen": { "Data": "https://127.0.0.1:1", "CertificateFile": "{{_file}}" } }""");
        Assert.StartsWith($"{_file}: Listen:CertificateFile: `{_file}`: cannot be used with its key: ", Assert.Single(Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_to_stand_in_outside_Development()
    {
        File.WriteAllText(_file, "{}");
        var problems = Problems(isDevelopment: false).ToArray();
        Assert.Equal(2, problems.Length);
        Assert.Contains("the simulated one runs in Development only", problems[0], StringComparison.Ordinal);
        Assert.Contains("the development identity runs in Development only", problems[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Sends_identity_headers_without_a_signature_over_mutual_TLS_only()
    {
        File.WriteAllText(_file, """
            {
              "ReverseProxy": {
                "Routes": { "r": { "ClusterId": "c", "Match": { "Path": "/" } } },
                "Clusters": { "c": { "Destinations": { "d": { "Address": "http://d" } }, "Metadata": { "Identity": "headers", "ClientCertificate": "/no/such.crt" } } }
              }
            }
            """);
        Assert.Equal(
            [
                $"{_file}: ReverseProxy:Clusters:c:Metadata:ServerAuthority: needed for `headers`: backend and gateway must know each other by their certificates",
                $"{_file}: ReverseProxy:Clusters:c:Destinations:d:Address: `http://d` must be an https address: `headers` are only sent over mutual TLS",
                $"{_file}: ReverseProxy:Clusters:c:Metadata:ClientCertificate: `/no/such.crt` does not exist: name a PEM file that the gateway can read",
            ],
            Problems());
    }

    [Fact]
    public void Takes_a_Keystone_as_an_identity_provider()
    {
        File.WriteAllText(_file, """
            { "Identity": { "Keystone": { "AuthUrl": "https://k", "UserName": "gateway", "Password": "p", "ProjectName": "service" } } }
            """);

        var configuration = GatewayConfiguration.Load(["--config", _file], isDevelopment: true);

        Assert.False(configuration.NeedsIdentityStandIn);
        Assert.Equal("https://k", configuration.Options.Identity.AuthUrl);
    }

    [Fact]
    public void Says_what_a_Keystone_needs()
    {
        File.WriteAllText(_file, """
            { "Identity": { "Keystone": { "PasswordFile": "/no/such/file", "UserName": "a", "UserId": "b", "StalenessSeconds": 0, "PublicKeysFolder": "/no/such/keys" } } }
            """);
        Assert.Equal(
            [
                $"{_file}: Identity:Keystone:AuthUrl: needed: the http or https address of Keystone, such as `https://keystone.example/v3`",
                $"{_file}: Identity:Keystone:UserName: `a`: needed: the service user that may validate tokens, as UserName or UserId (or an ApplicationCredentialId)",
                $"{_file}: Identity:Keystone:ProjectName: needed: the project in which the service user has its role, as ProjectName or ProjectId",
                $"{_file}: Identity:Keystone:PasswordFile: `/no/such/file`: no such file: write the secret there, readable by the gateway alone",
                $"{_file}: Identity:Keystone:PublicKeysFolder: `/no/such/keys`: no such folder",
                $"{_file}: Identity:Keystone:StalenessSeconds: `0`: must be at least 1",
            ],
            Problems());

        File.WriteAllText(_file, """
            { "Identity": { "Keystone": { "AuthUrl": "https://k", "ApplicationCredentialId": "x", "UserName": "a" } } }
            """);
        Assert.Equal(
            [
                $"{_file}: Identity:Keystone:ApplicationCredentialId: `x`: an application credential stands instead of a user and password: set one or the other",
                $"{_file}: Identity:Keystone:ApplicationCredentialSecretFile: needed: the secret, in this file or as ApplicationCredentialSecret",
            ],
            Problems());
    }

    [Fact]
    public void Accepts_no_other_algorithms_than_those_named()
    {
        File.WriteAllText(_file, """
            { "Identity": { "AuthUrl": "https://k/v3", "Issuers": [ { "Issuer": "https://i", "Audiences": [ "a" ], "JwksUrl": "https://i/k", "Algorithms": [ "ES256" ] } ] } }
            """);
        Assert.Equal(["ES256"], GatewayConfiguration.Load(["--config", _file], isDevelopment: true).Options.Identity.Issuers[0].Algorithms);
    }

    [Fact]
    public void Refuses_numbers_that_nothing_can_work_with()
    {
        File.WriteAllText(_file, """
            {
              "Policy": { "Semantics": "7" },
              "Identity": { "CachedTokens": 0 },
              "Targets": { "CachedServers": -1, "LookupTimeoutMilliseconds": 0 },
              "Audit": { "MaxBatch": 0 },
              "StandIns": { "TokenSeconds": 0, "StepMilliseconds": -1 }
            }
            """);
        Assert.Equal(
            [
                $"{_file}: Audit:MaxBatch: `0`: must be at least 1",
                $"{_file}: Identity:CachedTokens: `0`: must be at least 1",
                $"{_file}: Policy:Semantics: `7`: must be one of Strict, Oslo",
                $"{_file}: StandIns:StepMilliseconds: `-1`: must be at least 0",
                $"{_file}: StandIns:TokenSeconds: `0`: must be at least 1",
                $"{_file}: Targets:CachedServers: `-1`: must be at least 1",
                $"{_file}: Targets:LookupTimeoutMilliseconds: `0`: must be at least 1",
            ],
            Problems().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Refuses_routes_and_clusters_that_lead_nowhere()
    {
        File.WriteAllText(_file, """
            { "ReverseProxy": { "Routes": { "r": { "ClusterId": "nova", "Match": { "Path": "/" } } }, "Clusters": { "nowa": {} } } }
            """);
        Assert.Equal(
            [
                $"{_file}: ReverseProxy:Clusters:nowa:Destinations: needed: at least one, each with the `Address` of a compute API",
                $"{_file}: ReverseProxy:Routes:r:ClusterId: `nova`: no such cluster: known here are nowa",
            ],
            Problems().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Names_the_command_line_as_the_source_of_its_values()
    {
        File.WriteAllText(_file, "{}");
        Assert.Equal(["command line: Policy:ReloadSeconds: `0`: must be at least 1"], Problems(true, "--Policy:ReloadSeconds=0"));
    }

    [Fact]
    public void Says_that_a_file_is_not_json()
    {
        File.WriteAllText(_file, "{ \"Listen\": ");
        Assert.StartsWith($"{_file}: (file): not readable as JSON: ", Assert.Single(Problems()), StringComparison.Ordinal);
    }

    private IEnumerable<string> Problems(bool isDevelopment = true, params string[] more) =>
        Assert.Throws<ConfigurationException>(() => GatewayConfiguration.Load(["--config", _file, .. more], isDevelopment))
            .Problems.Select(problem => problem.ToString());
}
