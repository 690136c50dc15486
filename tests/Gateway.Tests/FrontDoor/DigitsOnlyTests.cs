using System.Text;
using Gateway.FrontDoor;
using Xunit;

namespace Gateway.Tests.FrontDoor;

public sealed class DigitsOnlyTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("114688", "114688")]
    [InlineData("+17", "?17")]
    [InlineData("-1", "?1")]
    [InlineData("1 7", "1?7")]
    [InlineData("0x11", "0?11")]
    public void Reads_digits_as_digits_and_nothing_else_as_part_of_a_number(string sent, string read) =>
        Assert.Equal(read, Read(sent));

    [Fact]
    public void Reads_more_than_fits_as_no_number_at_all() => Assert.Equal(new string('?', 20), Read(new string('1', 21)));

    private static string Read(string sent)
    {
        Span<char> room = stackalloc char[20];
        return new string(room[..DigitsOnly.Instance.GetChars(Encoding.ASCII.GetBytes(sent), room)]);
    }
}
