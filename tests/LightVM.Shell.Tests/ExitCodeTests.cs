using System.Diagnostics;

namespace LightVM.Shell.Tests;

public class ExitCodeTests
{
    private static readonly string s_directory = Directory.CreateTempSubdirectory().FullName;

    [Theory]
    [InlineData("1", ExitCodes.Success)]
    [InlineData("1 / 0; 'on'", ExitCodes.Failed)]
    [InlineData("throw 'x'", ExitCodes.Failed)]
    [InlineData("No-Such", ExitCodes.Failed)]
    [InlineData("try { throw 'x' } catch { }; & { 1 / 0 } 2>$null", ExitCodes.Success)]
    [InlineData("/bin/sh -c 'echo on stderr >&2'", ExitCodes.Success)]
    [InlineData("exit 5", 5)]
    [InlineData("1 / 0; exit 0", ExitCodes.Success)]
    [InlineData("$Host.PrivateData.DetailedExitCode = 2", ExitCodes.Changed)]
    [InlineData("$Host.PrivateData.DetailedExitCode = 2; 1 / 0", ExitCodes.Failed)]
    [InlineData("$Host.PrivateData.DetailedExitCode = 2; exit 0", ExitCodes.Success)]
    [InlineData("$Host.PrivateData.DetailedExitCode = 0", ExitCodes.Success)]
    public async Task Tells_how_a_command_ended(string command, int expected) =>
        Assert.Equal(expected, (await ChildProcess.Lightvm("-NoModule", "-c", command)).Code);

    [Theory]
    [InlineData("exit 5", 5)]
    [InlineData("& { exit 6 }", 6)]
    [InlineData("/bin/sh -c 'exit 9'", ExitCodes.Success)]
    [InlineData("'fine'", ExitCodes.Success)]
    public async Task Tells_how_a_script_ended(string script, int expected)
    {
        var file = Path.Combine(s_directory, Guid.NewGuid() + ".ps1");
        await File.WriteAllTextAsync(file, script);

        Assert.Equal(expected, (await ChildProcess.Lightvm("-NoModule", file)).Code);
    }

    [Fact]
    public async Task Takes_the_script_from_standard_input()
    {
        var (code, output, _) = await ChildProcess.Run("lightvm", ["-NoModule", "-"], "'one'\nexit 4\n");

        Assert.Equal((4, "one\n"), (code, output));
    }

    [Theory]
    [InlineData("-TERM", "while ($true) { }")]
    [InlineData("-INT", "while ($true) { }")]
    // Nothing in .NET stops this sleep: it is left behind.
    [InlineData("-TERM", "[Threading.Thread]::Sleep(600000)")]
    public async Task A_signal_stops_the_pipeline(string signal, string command)
    {
        // A shell starts its background jobs with SIGINT ignored, and these tests may run in one.
        var (code, _, _) = await ChildProcess.Run(
            "/usr/bin/env",
            ["--default-signal=INT", Path.Combine(AppContext.BaseDirectory, "lightvm"), "-NoModule", "-c", $"[Console]::Error.WriteLine('running'); {command}"],
            meanwhile: async process =>
            {
                Assert.Equal("running", await process.StandardError.ReadLineAsync());
                using var kill = Process.Start("/bin/kill", [signal, $"{process.Id}"]);
                await kill.WaitForExitAsync();
            });

        Assert.Equal(ExitCodes.Stopped, code);
    }

    [Fact]
    public async Task Stops_when_nobody_reads()
    {
        var (code, output, _) = await ChildProcess.Run(
            "/bin/sh", ["-c", $"({AppContext.BaseDirectory}/lightvm -NoModule -c 'while ($true) {{ 1 }}'; echo \"code $?\" >&2) | head -n 1"]);

        Assert.Equal((0, "1\n"), (code, output));
    }
}
