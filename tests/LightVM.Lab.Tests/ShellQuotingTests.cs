using System.Diagnostics;
using System.Text;
using LightVM.Lab.Remote;

namespace LightVM.Lab.Tests;

public sealed class ShellQuotingTests
{
    public static TheoryData<string> Awkward => new(
        "", " ", "plain", "two words", "it's", "''", "\"", "\\", "\\'", "$HOME", "`id`", "$(id)", "*", "?[a]", "~", "-n", "--",
        "a=b", "#", ";", "&", "|", "<", ">", "!", "!!", "\n", "a\nb\n", "\t", "\r", "{a,b}", "é€😀", "\u0001", "\u007f", "if");

    [Theory]
    [MemberData(nameof(Awkward))]
    public Task An_argument_comes_back_unchanged(string argument) => CheckAsync([Encoding.UTF8.GetBytes(argument)]);

    private static readonly string[] Several = ["", "a b", "", "'", ""];

    [Fact]
    public Task Several_arguments_stay_apart() =>
        CheckAsync([.. Several.Select(Encoding.UTF8.GetBytes)]);

    [Fact]
    public Task Every_byte_but_NUL_comes_back() =>
        CheckAsync([[.. Enumerable.Range(1, 255).Select(i => (byte)i)], .. Enumerable.Range(1, 255).Select(i => new[] { (byte)i })]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public Task Random_arguments_come_back(int seed)
    {
        var random = new Random(seed);
        var special = Encoding.UTF8.GetBytes(" '\"\\$`*?\n\t!#&;|<>(){}[]~=%-a\u00e9");
        return CheckAsync([.. Enumerable.Range(0, 200).Select(_ =>
            Enumerable.Range(0, random.Next(12)).Select(_ => special[random.Next(special.Length)]).ToArray())]);
    }

    private static async Task CheckAsync(byte[][] arguments)
    {
        byte[] script = [.. "printf '%s\\0' "u8, .. ShellQuoting.Join(arguments)];
        foreach (var shell in new[] { "sh", "bash" })
        {
            // By stdin, as .NET would decode the text of -c.
            using var process = Process.Start(new ProcessStartInfo(shell)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
            await process.StandardInput.BaseStream.WriteAsync(script);
            process.StandardInput.Close();
            var output = new MemoryStream();
            await process.StandardOutput.BaseStream.CopyToAsync(output);
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
            Assert.Equal(arguments.SelectMany(argument => argument.Append((byte)0)).ToArray(), output.ToArray());
        }
    }
}
