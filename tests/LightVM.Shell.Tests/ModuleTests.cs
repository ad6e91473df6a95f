namespace LightVM.Shell.Tests;

public class ModuleTests
{
    [Fact]
    public void Is_found_above_the_executable()
    {
        var root = Directory.CreateTempSubdirectory();
        var deep = root.CreateSubdirectory("out/shell");
        File.WriteAllText(Path.Combine(root.FullName, "LightVM.psd1"), "@{}");

        Assert.Equal(Path.Combine(root.FullName, "LightVM.psd1"), ModuleLocator.Upward(deep.FullName));
    }

    [Fact]
    public async Task Is_imported_before_the_command_runs()
    {
        var root = Directory.CreateTempSubdirectory();
        await File.WriteAllTextAsync(Path.Combine(root.FullName, "LightVM.psd1"), "@{ ModuleVersion = '1.0'; RootModule = 'x.psm1' }");
        await File.WriteAllTextAsync(Path.Combine(root.FullName, "x.psm1"), "function Get-Marker { 'from the module' }");

        var result = await Run(root.FullName, "Get-Marker");

        Assert.Equal((ExitCodes.Success, "from the module\n", ""), result);
    }

    [Fact]
    public async Task One_that_is_missing_or_broken_is_one_clear_error()
    {
        var root = Directory.CreateTempSubdirectory();
        var missing = await Run(Path.Combine(root.FullName, "LightVM.psd1"), "'never'");
        await File.WriteAllTextAsync(Path.Combine(root.FullName, "LightVM.psd1"), "@{ ModuleVersion = '1.0'; RootModule = 'unbuilt.dll' }");
        var unbuilt = await Run(root.FullName, "'never'");

        foreach (var (code, output, error) in new[] { missing, unbuilt })
        {
            Assert.Equal((ExitCodes.Failed, ""), (code, output));
            Assert.Contains("LightVM.psd1", error, StringComparison.Ordinal);
            Assert.Contains("Recommendation: ", error, StringComparison.Ordinal);
        }
    }

    private static Task<(int Code, string Out, string Error)> Run(string module, string command) => ChildProcess.Run(
        "lightvm", ["-c", command], environment: new Dictionary<string, string> { ["LIGHTVM_MODULE"] = module });
}
