namespace LightVM.Reconcile.Tests;

/// <summary>Each file of broken/ gives exactly the findings of the .txt beside it.</summary>
public sealed class BrokenSpecTests : IDisposable
{
    private readonly Samples samples = new();

    public static TheoryData<string> Names =>
        new(Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "broken"), "*.yaml").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Gives_its_findings(string name)
    {
        string source = Path.Combine(AppContext.BaseDirectory, "broken", name);
        string path = Path.Combine(samples.Directory, name + ".yaml");
        File.Copy(source + ".yaml", path);
        foreach (string recipe in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "broken", "recipes")))
        {
            samples.Write("recipes/" + Path.GetFileName(recipe), File.ReadAllText(recipe));
        }

        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => SpecLoader.LoadAsync(path, name + ".yaml", builder: new ModelBuilder(samples)));

        string actual = e.Problem.Detail.Replace(samples.Directory, "DIR", StringComparison.Ordinal) + "\n";
        if (Environment.GetEnvironmentVariable("LIGHTVM_WRITE_EXPECTED") is { Length: > 0 } directory)
        {
            File.WriteAllText(Path.Combine(directory, name + ".txt"), actual);
        }

        Assert.Equal(ErrorCodes.SpecInvalid, e.Problem.Code);
        Assert.Equal(File.Exists(source + ".txt") ? File.ReadAllText(source + ".txt") : "", actual);
        Assert.Equal(e.Problem.Detail, string.Join('\n', e.Findings.Select(finding => finding.Describe())));
        Assert.Equal(e.Findings.OrderBy(f => f.File != name + ".yaml").ThenBy(f => f.File, StringComparer.Ordinal).ThenBy(f => f.Line).ThenBy(f => f.Column).Select(f => f.ToString()), e.Findings.Select(f => f.ToString()));
    }

    public void Dispose() => samples.Dispose();
}
