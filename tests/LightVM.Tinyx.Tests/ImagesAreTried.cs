namespace LightVM.Tinyx.Tests;

/// <summary>What an answer to a probe means, and how the least memory is found.</summary>
public sealed class ImagesAreTried
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nServer: x\r\n", "")]
    [InlineData("HTTP/1.0 304 Not Modified\r\n", "")]
    [InlineData("HTTP/1.1 20", null)]
    [InlineData("HTTP/1.1 404 Not Found\r\n", "/ at port 80 was answered with 404")]
    [InlineData("HTTP/1.1 many\n", "port 80 gave no answer of HTTP, but 'HTTP/1.1 many'")]
    [InlineData("SSH-2.0-x\r\n", "port 80 gave no answer of HTTP, but 'SSH-2.0-x'")]
    public void A_probe_goes_by_the_status(string answer, string? verdict) =>
        Assert.Equal(verdict, new HttpProbe("/", 80).Judge(System.Text.Encoding.ASCII.GetBytes(answer)));

    [Theory]
    [InlineData(32, 8, 21)]
    [InlineData(32, 8, 9)]
    [InlineData(32, 8, 32)]
    [InlineData(9, 8, 9)]
    public async Task The_least_memory_is_found(long works, long fails, long least)
    {
        int tries = 0;
        long found = await MemorySearch.FindAsync(works << 20, fails << 20, bytes =>
        {
            tries++;
            Assert.Equal(0, bytes % MemorySearch.Step);
            return Task.FromResult(bytes >= least << 20);
        });
        Assert.Equal(least, found >> 20);
        Assert.InRange(tries, 0, 5);
    }
}
