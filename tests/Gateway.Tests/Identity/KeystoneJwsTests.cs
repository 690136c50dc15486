using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Gateway.Identity;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class KeystoneJwsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"jws-{Guid.NewGuid():N}");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly KeystoneJws _jws;

    public KeystoneJwsTests() => _jws = new KeystoneJws(_folder, _time);

    public void Dispose()
    {
        _jws.Dispose();
        _key.Dispose();
        _other.Dispose();
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Refuses_what_no_key_signed_and_what_has_ended()
    {
        Write(_key);

        Assert.Null(_jws.Refuse(Token(_key), TokenAge.Current));
        Assert.Equal("token_signature", _jws.Refuse(Token(_other), TokenAge.Current)!.Code);
        Assert.Equal("token_expired", _jws.Refuse(Token(_key, seconds: -1), TokenAge.Current)!.Code);
        // Past its end it may still be a service's to go on with, which Keystone says; a forged one never.
        Assert.Null(_jws.Refuse(Token(_key, seconds: -1), TokenAge.Any));
        Assert.Equal("token_signature", _jws.Refuse(Token(_other, seconds: -1), TokenAge.Any)!.Code);
    }

    [Fact]
    public async Task Nobody_who_waits_for_the_keys_is_refused_for_not_having_read_them()
    {
        Write(_key);
        var token = Token(_key);
        for (var round = 0; round < 20; round++)
        {
            using var jws = new KeystoneJws(_folder, _time);
            using var together = new Barrier(8);
            var verdicts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return jws.Refuse(token, TokenAge.Current);
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));
            Assert.All(verdicts, Assert.Null);
        }
    }

    [Fact]
    public void Leaves_the_judgement_to_Keystone_while_there_are_no_keys()
    {
        for (var i = 0; i < 2; i++) Assert.Null(_jws.Refuse(Token(_key), TokenAge.Current));

        Directory.CreateDirectory(_folder);
        _time.Advance(TimeSpan.FromSeconds(31));
        for (var i = 0; i < 2; i++) Assert.Null(_jws.Refuse(Token(_key), TokenAge.Current));

        Write(_key);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("token_signature", _jws.Refuse(Token(_other), TokenAge.Current)!.Code);
    }

    [Fact]
    public void Leaves_what_it_cannot_verify_to_Keystone_while_some_keys_cannot_be_read()
    {
        Write(_key);
        Assert.Null(_jws.Refuse(Token(_key), TokenAge.Current));
        // A link that leads nowhere cannot be read, whoever reads.
        var broken = Path.Combine(_folder, "broken.pem");
        File.CreateSymbolicLink(broken, Path.Combine(_folder, "gone"));
        _time.Advance(TimeSpan.FromSeconds(31));

        Assert.Null(_jws.Refuse(Token(_other), TokenAge.Current));

        File.Delete(broken);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("token_signature", _jws.Refuse(Token(_other), TokenAge.Current)!.Code);
    }

    private void Write(ECDsa key)
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "public.pem"), key.ExportSubjectPublicKeyInfoPem());
    }

    private string Token(ECDsa key, int seconds = 600)
    {
        var signed = $"{Encode("""{"alg":"ES256"}""")}.{Encode($$"""{"sub":"u1","exp":{{_time.GetUtcNow().ToUnixTimeSeconds() + seconds}}}""")}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
