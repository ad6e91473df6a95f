using System.Management.Automation;
using LightVM.Reconcile;
using LightVM.Tinyx;

namespace LightVM.PowerShell.Tests;

/// <summary>Recipes of specs are what Build-TinyxImage takes.</summary>
[Collection(SessionWithSpecs.Name)]
public sealed class SpecsNameRecipes(ImportedModule module) : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-recipes-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void Features_are_those_of_the_builder() => Assert.Equal(Recipe.KnownFeatures.Order(StringComparer.Ordinal), SpecKeys.RecipeFeatures);

    [Fact]
    public void There_is_a_key_for_each_thing_that_a_recipe_has()
    {
        string[] ours = [.. typeof(RecipeSpec).GetProperties().Select(property => property.Name).Except(["File", "Place", "Mark", "Restart"])];
        Assert.Equal(typeof(Recipe).GetProperties().Select(property => property.Name).Except(["KnownFeatures", "Name", "RestartCommand"]).Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));
        Assert.Equal(SpecKeys.Recipe.Count, ours.Length + 1);
    }

    [Fact]
    public void All_of_it_reaches_the_builder()
    {
        var given = new RecipeSpec
        {
            File = "f", Place = "", Mark = default, Packages = ["p"], Paths = ["/x"], OciLayout = "/o", Command = "c", User = "u", WorkingDirectory = "/w",
            Environment = new Dictionary<string, string> { ["A"] = "b" }, Restart = true, Ports = [80], Features = ["smp"], Keep = ["k"], Drop = ["d"], MinimumMemory = 8 << 20, Description = "t",
        };
        Recipe recipe = TinyxRecipes.ToRecipe("n", given);
        foreach (var property in typeof(Recipe).GetProperties().Where(property => property.Name is not ("KnownFeatures" or "Name" or "RestartCommand")))
        {
            Assert.Equal(typeof(RecipeSpec).GetProperty(property.Name)!.GetValue(given), property.GetValue(recipe));
        }

        Assert.Equal(("n", true), (recipe.Name, recipe.RestartCommand));
    }

    [Fact]
    public void Build_TinyxImage_reads_them_too()
    {
        string path = Path.Combine(directory, "web.yaml");
        File.WriteAllText(path, "apiVersion: lightvm/v1\nkind: Recipe\npackages: [nginx]\nports: [http]\n");
        ErrorRecord error = module.ErrorsOf($"Build-TinyxImage -Recipe '{path}' -WhatIf")[0];
        Assert.Equal("SpecInvalid,LightVM.PowerShell.BuildTinyxImageCommand", error.FullyQualifiedErrorId);
        Assert.Equal([(1, 1), (4, 9)], ((SpecFinding[])error.TargetObject).Select(finding => (finding.Line, finding.Column)));
        Assert.StartsWith("SpecNotFound,", module.ErrorsOf($"Build-TinyxImage -Recipe '{directory}/none.yaml' -WhatIf")[0].FullyQualifiedErrorId, StringComparison.Ordinal);

        // What is given beside it holds.
        File.WriteAllText(path, "apiVersion: lightvm/v1\nkind: Recipe\npackages: [nginx]\ncommand: nginx\n");
        Assert.Empty(module.ErrorsOf($"Build-TinyxImage -Recipe '{path}' -WhatIf"));
        error = module.ErrorsOf($"Build-TinyxImage -Recipe '{path}' -User 'a b' -WhatIf")[0];
        Assert.Equal("InvalidArgument,LightVM.PowerShell.BuildTinyxImageCommand", error.FullyQualifiedErrorId);
    }

    [Fact]
    public void Test_LightVMSpec_builds_nothing_and_finds_what_is_wrong()
    {
        string cache = Path.Combine(directory, "cache");
        File.WriteAllText(Path.Combine(directory, "good.yaml"), Fleet("{ packages: [nginx], command: nginx }"));
        File.WriteAllText(Path.Combine(directory, "bad.yaml"), Fleet("{ packages: [nginx], comand: nginx }"));
        string? usual = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", cache);
        try
        {
            Assert.Equal([true], module.Run($"Test-LightVMSpec '{directory}/good.yaml'").Select(result => result.BaseObject));
            Assert.Contains(module.ErrorsOf($"Test-LightVMSpec '{directory}/bad.yaml'"), error => error.Exception.Message.Contains("did you mean 'command'?", StringComparison.Ordinal));
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(cache, "lightvm", "tinyx")));
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", usual);
        }
    }

    private static string Fleet(string recipe) =>
        $"apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: r }}\nimages: [{{ name: web, recipe: {recipe} }}]\nguests: [{{ name: a, image: web }}]\n";
}
