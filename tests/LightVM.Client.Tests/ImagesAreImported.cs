using System.Security.Cryptography;
using System.Text;

namespace LightVM.Client.Tests;

public sealed class ImagesAreImported : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("lightvm-import-").FullName;

    public ImagesAreImported()
    {
        byte[] kernel = Encoding.ASCII.GetBytes("kernel");
        File.WriteAllBytes(Path.Combine(root, "k.elf"), kernel);
        File.WriteAllText(Path.Combine(root, "image.json"), $$"""
            { "name": "tiny", "kind": "unikernel", "minimumMemory": 4194304,
              "kernel": { "file": "k.elf", "size": 6, "digest": "sha256:{{Convert.ToHexStringLower(SHA256.HashData(kernel))}}" } }
            """);
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData(false, new[] { "HEAD", "PUT", "PUT" })]
    [InlineData(true, new[] { "HEAD", "PUT" })]
    public async Task Only_what_the_host_has_not_got_is_sent(bool there, string[] methods)
    {
        string sent = "";
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(async c =>
        {
            if (c.Request.Method == "HEAD")
            {
                c.Response.StatusCode = there ? 200 : 404;
            }
            else if (c.Request.Path.StartsWithSegments("/v1/blobs"))
            {
                sent = await new StreamReader(c.Request.Body).ReadToEndAsync();
                c.Response.StatusCode = 201;
            }
            else
            {
                await CannedDaemon.Json(c, """{"name":"tiny","digest":"sha256:0","kind":"unikernel"}""", 201);
            }
        });
        using LightVMClient client = daemon.Client();
        Image image = await client.Images.ImportAsync(root, force: true);
        Assert.Equal(client.HostName, image.HostName);
        Assert.Equal(methods, daemon.Requests.Select(r => r.Method));
        Assert.Equal(there ? "" : "kernel", sent);
        Assert.Equal("/v1/images/tiny?force=true", daemon.Requests[^1].Uri);
    }
}
