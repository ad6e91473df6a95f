namespace LightVM.PowerShell.Tests;

/// <summary>module/en-US/about_*.help.txt are made of docs/. LIGHTVM_UPDATE_HELP=1 writes them anew.</summary>
public sealed class TopicsAreMadeOfTheDocuments
{
    private const string Run = "What a run does";

    private static readonly Dictionary<string, (string Summary, Func<string> Text)> Topics = new()
    {
        ["about_LightVM"] = ("Very light virtual machines on stock Xen, and fleets of them.", () => Document("overview")),
        ["about_LightVM_Specs"] = ("What a fleet's YAML file says.", () => AboutTopic.Sections(Document("spec"), heading => heading != Run)),
        ["about_LightVM_Reconcile"] = (
            "What a run does to make hosts match a spec: plans, history, drift, and jobs that run by themselves.",
            () => AboutTopic.Sections(Document("spec"), heading => heading == Run) + "\n## Jobs\n\n" + Document("schedules")),
        ["about_LightVM_Networking"] = ("Networks, addresses and ports of guests.", () => Document("networking")),
        ["about_LightVM_Images"] = ("What guests are made of, and how to make it.", () => Document("images")),
        ["about_LightVM_Remoting"] = ("How hosts are reached.", () => Document("remoting")),
        ["about_LightVM_DSC"] = ("Guests, images, networks and fleets as DSC resources.", () => Document("dsc")),
        ["about_LightVM_Errors"] = ("Every error code, what it means and what to do.", () => Document("errors")),
    };

    public static TheoryData<string> Names => [.. Topics.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_topic_is_up_to_date(string name)
    {
        string path = Path.Combine(ImportedModule.Checkout, "module/en-US", name + ".help.txt");
        string made = AboutTopic.Of(name, Topics[name].Summary, Topics[name].Text());
        if (Environment.GetEnvironmentVariable("LIGHTVM_UPDATE_HELP") == "1")
        {
            File.WriteAllText(path, made);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == made, $"{path} is not what docs/ says: LIGHTVM_UPDATE_HELP=1 dotnet test tests/LightVM.PowerShell.Tests writes it.");
    }

    [Fact]
    public void There_are_no_others() => Assert.Equal(
        Topics.Keys.Order(StringComparer.Ordinal),
        Directory.GetFiles(Path.Combine(ImportedModule.Checkout, "module/en-US"), "about_*").Select(path => Path.GetFileName(path).Split('.')[0]).Order(StringComparer.Ordinal));

    [Fact]
    public void Each_error_code_is_explained()
    {
        string errors = Document("errors");
        Assert.All(typeof(ErrorCodes).GetFields(), code => Assert.Contains($"| `{code.GetValue(null)}` | ", errors, StringComparison.Ordinal));
    }

    [Fact]
    public void Each_cmdlet_that_a_document_names_is_there()
    {
        using var module = new ImportedModule();
        var known = module.Cmdlets.Select(cmdlet => cmdlet.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (string document in new[] { "overview", "schedules", "networking", "images", "metrics", "remoting", "dsc", "errors" })
        {
            foreach (System.Text.RegularExpressions.Match name in System.Text.RegularExpressions.Regex.Matches(Document(document), @"\b[A-Z][a-z]+-(LightVM|Tinyx)[A-Za-z]*"))
            {
                Assert.Contains(name.Value, known);
            }
        }
    }

    private static string Document(string name) => File.ReadAllText(Path.Combine(ImportedModule.Checkout, "docs", name + ".md"));
}
