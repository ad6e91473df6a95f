using System.Security.Cryptography;
using System.Text.Json;

namespace LightVM.Reconcile.Tests;

/// <summary>A directory with images in it, for specs to refer to; deleted at the end.</summary>
public sealed class Samples : IDisposable
{
    public Samples()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("lightvm spec ").FullName;
        WriteImage("hello", minimumMemory: 4 << 20);
        WriteImage("noop", minimumMemory: 0);
        WriteImage("big", minimumMemory: 16 << 20);
        Write("images/bad/image.json", "{ \"name\": \"bad\", \"kind\": ");
        WriteImage("short", minimumMemory: 0);
        Write("images/short/kernel.elf", "cut");
    }

    /// <summary>Its name has blanks in it.</summary>
    public string Directory { get; }

    public string Write(string path, string text)
    {
        string full = Path.Combine(Directory, path);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return full;
    }

    public ImageManifest WriteImage(string name, long minimumMemory, string content = "kernel", string commandLine = "")
    {
        byte[] kernel = System.Text.Encoding.UTF8.GetBytes($"{content} of {name}");
        var manifest = new ImageManifest
        {
            Name = name,
            Kind = "unikernel",
            Kernel = new ImageFile { File = "kernel.elf", Size = kernel.Length, Digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(kernel)) },
            MinimumMemory = minimumMemory,
            CommandLine = commandLine,
            ShutdownHandler = true,
        };
        Write($"images/{name}/image.json", JsonSerializer.Serialize(manifest, LightVMJson.Default.ImageManifest));
        Write($"images/{name}/kernel.elf", $"{content} of {name}");
        return manifest;
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
