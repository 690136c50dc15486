using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using Gateway.Actions;
using Gateway.Testing;
using Xunit;

namespace Gateway.Tests.Actions;

/// <summary>
/// Nova reads bodies with Python's `json`. Whatever comes, the action it would run and the value it would run it with are those that were
/// read here, or the body was refused.
/// </summary>
public sealed class PythonOracleTests(NovaReader nova) : IClassFixture<NovaReader>
{
    private const int Batch = 500;

    [Fact]
    public void What_is_read_from_JSON_is_what_Python_reads() => Same(FuzzedBodies.Written, batches: 40, atLeast: 500);

    [Fact]
    public void What_is_read_from_a_changed_body_is_what_Python_reads() => Same(FuzzedBodies.Mutated, batches: 80, atLeast: 4000);

    [Fact]
    public void What_is_read_from_bytes_is_what_Python_reads() => Same(FuzzedBodies.Random, batches: 40, atLeast: 0);

    [Fact]
    public void What_is_parsed_is_what_Python_parses()
    {
        Gen.OneOf<byte[]>(FuzzedBodies.Written, FuzzedBodies.Mutated, FuzzedBodies.Random).Array[Batch].Sample(
            bodies =>
            {
                var parsed = bodies.Select(body => (Body: body, Value: StrictJson.Parse(body, out _))).Where(one => one.Value is not null)
                    .Select(one => (one.Body, Written(one.Value!.Root))).ToArray();

                return FirstWrong(parsed.Select(one => one.Body), nova.AreEqual(parsed)) is null;
            },
            iter: FuzzEffort.Of(40), threads: 1, print: bodies => Describe(bodies, body => StrictJson.Parse(body, out _) is { } value
                && !nova.AreEqual([(body, Written(value.Root))])[0]));
    }

    /// <summary>Found by these tests, and bodies like them: the same on every run.</summary>
    [Theory]
    [InlineData("""{"unlock": {"a": 1, "\u0061": 2}}""")]
    [InlineData("""{"unlock": -0}""")]
    [InlineData("""{"unlock": -0.0}""")]
    [InlineData("""{"unlock": 9007199254740993}""")]
    [InlineData("""{"unlock": 123456789012345678901234567890}""")]
    [InlineData("""{"\u0075nlock": "\ud83d\ude00"}""")]
    [InlineData("{\"unlock\": \"\u007f\u2028\uffff\"}")]
    [InlineData("{\"unlock\": {\"\u00e9\": 1, \"e\u0301\": 2}}")]
    public void What_is_read_is_what_Python_reads(string body) => Assert.Null(FirstOther([Encoding.UTF8.GetBytes(body)], out _));

    private void Same(Gen<byte[]> generated, int batches, int atLeast)
    {
        var accepted = 0;
        generated.Array[Batch].Sample(
            bodies =>
            {
                var wrong = FirstOther(bodies, out var read);
                accepted += read;
                return wrong is null;
            },
            iter: FuzzEffort.Of(batches), threads: 1, print: bodies => Describe(bodies, body => FirstOther([body], out _) is not null));
        Assert.True(accepted >= atLeast, $"only {accepted} bodies were accepted, too few to tell anything");
    }

    /// <summary>The first body that Python reads otherwise; null when there is none.</summary>
    private byte[]? FirstOther(byte[][] bodies, out int accepted)
    {
        var read = new List<(byte[] Body, string Key, byte[] Value)>();
        foreach (var body in bodies)
        {
            // In a version that has the action; what clients send is spread over them.
            var action = new[] { "2.1", "2.60", "2.96" }.Select(version => Requests.Action(body, version).Action).FirstOrDefault(found => found is not null);
            if (action is not null) read.Add((body, action.Definition!.Key, Written(action.Parameters)));
        }

        accepted = read.Count;
        return FirstWrong(read.Select(one => one.Body), nova.AreSame(read));
    }

    private static byte[]? FirstWrong(IEnumerable<byte[]> bodies, bool[] right) => bodies.Zip(right).FirstOrDefault(one => !one.Second).First;

    private static byte[] Written(BodyValue value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) value.WriteTo(writer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>What to put into a test: the bodies that fail by themselves, as base64 and as text.</summary>
    private static string Describe(byte[][] bodies, Func<byte[], bool> fails) =>
        string.Join('\n', bodies.Where(fails).Take(5).Select(body => $"{Convert.ToBase64String(body)} = {Encoding.Latin1.GetString(body)}"));
}
