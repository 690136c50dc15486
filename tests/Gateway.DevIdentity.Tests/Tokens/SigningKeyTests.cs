using System.Runtime.Versioning;
using System.Security.Cryptography;
using Gateway.DevIdentity.Tokens;

namespace Gateway.DevIdentity.Tests.Tokens;

// File modes are Unix's.
[UnsupportedOSPlatform("windows")]
public sealed class SigningKeyTests
{
    [Fact]
    public void Keeps_the_key_in_a_file_for_its_owner_alone()
    {
        using var folder = new TemporaryFolder();

        using var first = SigningKey.Open(folder.Path);
        using var second = SigningKey.Open(folder.Path);

        Assert.Equal(first.KeyId, second.KeyId);
        Assert.True(second.Verify([1, 2, 3], first.Sign([1, 2, 3])));
        Assert.Equal(["signing-key.pem"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("signing-key.pem")));
    }

    [Fact]
    public void Makes_another_key_for_each_run_without_a_directory()
    {
        using var first = SigningKey.Open(null);
        using var second = SigningKey.Open(null);

        Assert.NotEqual(first.KeyId, second.KeyId);
    }

    [Fact]
    public void Refuses_a_key_that_others_can_read()
    {
        using var folder = new TemporaryFolder();
        SigningKey.Open(folder.Path).Dispose();
        var path = folder.File("signing-key.pem");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var refusal = Assert.Throws<DevIdentityStartException>(() => SigningKey.Open(folder.Path));

        Assert.Equal($"{path}: others may use this key: run `chmod 600 {path}`", refusal.Message);
    }

    [Fact]
    public void Refuses_a_file_without_a_key()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("signing-key.pem");
        WriteForOwner(path, "not a key\n");

        var refusal = Assert.Throws<DevIdentityStartException>(() => SigningKey.Open(folder.Path));

        Assert.Equal($"{path}: holds no PEM private key: delete it, a new one is made at the next start", refusal.Message);
    }

    [Fact]
    public void Refuses_a_key_of_another_curve()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("signing-key.pem");
        using (var other = ECDsa.Create(ECCurve.NamedCurves.nistP384)) WriteForOwner(path, other.ExportPkcs8PrivateKeyPem());

        var refusal = Assert.Throws<DevIdentityStartException>(() => SigningKey.Open(folder.Path));

        Assert.Equal($"{path}: holds a key that is not P-256: delete it, a new one is made at the next start", refusal.Message);
    }

    [Fact]
    public void Names_a_directory_that_cannot_be_used()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("taken"), "");

        var refusal = Assert.Throws<DevIdentityStartException>(() => SigningKey.Open(folder.File("taken")));

        Assert.StartsWith($"{folder.File("taken")}/signing-key.pem: cannot be used: ", refusal.Message, StringComparison.Ordinal);
    }

    private static void WriteForOwner(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.Write(text);
    }
}
