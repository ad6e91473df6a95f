namespace LightVM.Tinyx.Tests;

/// <summary>Two layers in a directory of their own.</summary>
internal sealed class TestTree : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-tinyx-").FullName;

    public TestTree()
    {
        Directory.CreateDirectory(Upper);
        Directory.CreateDirectory(Lower);
        Tree = new LayeredTree(Upper, Lower);
    }

    public string Upper => Path.Combine(directory, "upper");

    public string Lower => Path.Combine(directory, "lower");

    public LayeredTree Tree { get; }

    public TestTree File(string layer, string path, byte[] content)
    {
        string file = Path.Combine(layer, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        System.IO.File.WriteAllBytes(file, content);
        return this;
    }

    public TestTree File(string layer, string path, string content = "") => File(layer, path, System.Text.Encoding.UTF8.GetBytes(content));

    public TestTree Link(string layer, string path, string target)
    {
        string file = Path.Combine(layer, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        System.IO.File.CreateSymbolicLink(file, target);
        return this;
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);
}
