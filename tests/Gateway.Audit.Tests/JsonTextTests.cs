using System.Text.Json;

namespace Gateway.Audit.Tests;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("""{ "a" : [ 1 , 2.50 , "x  y" ] }""", """{"a":[1,2.50,"x  y"]}""")]
    [InlineData("\r\n{\t\"a\\\" b\": \"\\\\\" ,\n\"c\": null }", """{"a\" b":"\\","c":null}""")]
    [InlineData("""{"lone": "\ud800", "same": "\u00e9é"}""", """{"lone":"\ud800","same":"\u00e9é"}""")]
    public void Keeps_the_spelling_and_drops_the_space_between_tokens(string json, string expected)
    {
        var text = JsonText.Of(JsonElement.Parse(json));

        Assert.Equal(expected, text.ToString());
        Assert.Equal(JsonElement.Parse(expected).GetRawText(), text.Element.GetRawText());
    }
}
