using System.Diagnostics;
using System.Text;
using LightVM.Lab.Remote;

namespace LightVM.Lab.Tests;

/// <summary>What sshd's shell makes of the text that is sent to it.</summary>
public sealed class RemoteCommandTests
{
    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 37", 37)]
    [InlineData("kill -9 $$", 137)]
    [InlineData("kill -TERM $$", 143)]
    public async Task The_exit_code_comes_back_and_bash_adds_nothing(string script, int expected)
    {
        var (code, output, error) = await RunAsync("sh", "-c", "echo out; echo err >&2; " + script);
        Assert.Equal(expected, code);
        Assert.Equal("out\n", output);
        Assert.Equal("err\n", error);
    }

    [Fact]
    public async Task An_unknown_command_is_named()
    {
        var (code, _, error) = await RunAsync("no-such-command-here");
        Assert.Equal(127, code);
        Assert.Contains("no-such-command-here", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_gets_no_extra_descriptor()
    {
        var (_, output, _) = await RunAsync("sh", "-c", "test -e /proc/self/fd/3 || echo none");
        Assert.Equal("none\n", output);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] command)
    {
        var text = Encoding.UTF8.GetString(LabSsh.CommandText(command.Select(Encoding.UTF8.GetBytes)));
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", text])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
