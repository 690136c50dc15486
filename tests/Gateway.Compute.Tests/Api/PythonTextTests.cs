using System.Text.Json;
using Gateway.Compute.Api;

namespace Gateway.Compute.Tests.Api;

public sealed class PythonTextTests
{
    [Theory]
    [InlineData("null", "None")]
    [InlineData("true", "True")]
    [InlineData("1.50", "1.50")]
    [InlineData("\"it's\"", "\"it's\"")]
    [InlineData("\"a\\\"b\"", "'a\"b'")]
    [InlineData("\"'\\\"\"", "'\\'\"'")]
    [InlineData("\"a\\nb\\u0001\\\\\"", "'a\\nb\\x01\\\\'")]
    [InlineData("""{"a": [1, null], "b": {}}""", "{'a': [1, None], 'b': {}}")]
    [InlineData("""{"a": 1, "a": 2}""", "{'a': 2}")]
    public void Writes_values_as_Python_does(string json, string text) =>
        Assert.Equal(text, PythonText.Repr(JsonDocument.Parse(json).RootElement));

    [Fact]
    public void Cuts_what_is_long() =>
        Assert.Equal(503, PythonText.Repr(JsonDocument.Parse("[" + string.Join(',', Enumerable.Repeat("123456789", 1000)) + "]").RootElement).Length);
}
