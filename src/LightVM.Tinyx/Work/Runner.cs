using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace LightVM.Tinyx;

/// <summary>Runs the machine's programs. A canceled one is ended with all that it started.</summary>
internal static partial class Runner
{
    private const int MostOutput = 1 << 20;
    private const int Terminate = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>What a program said and how it ended.</summary>
    /// <param name="Code">Its exit code.</param>
    /// <param name="Output">The last megabyte of its standard output.</param>
    /// <param name="Errors">The same of its standard error.</param>
    internal sealed record Result(int Code, string Output, string Errors);

    /// <param name="program">By its name on PATH (with /usr/sbin), or its path.</param>
    /// <param name="arguments">Not read by a shell.</param>
    /// <param name="input">What it reads; null: nothing, from a pipe that stays open as long as we live.</param>
    /// <param name="environment">Set beside ours.</param>
    /// <param name="line">Called with every line of its standard output, from another thread.</param>
    /// <param name="cancellationToken">Asks it to end, then kills it and its children.</param>
    /// <exception cref="LightVMException">FeatureMissing: there is no such program.</exception>
    public static async Task<Result> RunAsync(
        string program,
        IEnumerable<string> arguments,
        CancellationToken cancellationToken,
        string? input = null,
        IReadOnlyDictionary<string, string>? environment = null,
        Action<string>? line = null)
    {
        var start = new ProcessStartInfo(Find(program), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C"; // messages are read
        start.Environment["PATH"] = SearchPath;
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using Process process = Start(start);
        Task<string> output = ReadAsync(process.StandardOutput, line);
        Task<string> errors = ReadAsync(process.StandardError, null);
        try
        {
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input).ConfigureAwait(false);
                process.StandardInput.Close();
            }

            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return new Result(process.ExitCode, await output.ConfigureAwait(false), await errors.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process).ConfigureAwait(false);
            throw;
        }
        catch (IOException)
        {
            // It ended before it had read all: its exit code says why.
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return new Result(process.ExitCode, await output.ConfigureAwait(false), await errors.ConfigureAwait(false));
        }
    }

    /// <summary>The same in namespaces of its own: nothing of it is left when it ends, or when we do, even by SIGKILL. Takes root.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public static Task<Result> RunContainedAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null) => RunAsync(
        "unshare",
        ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", DataFiles.Read("contain.sh"), "contain.sh", Find(program), .. arguments],
        cancellationToken,
        environment: environment);

    /// <summary>The path of a program; null: there is none.</summary>
    public static string? TryFind(string program) => program.Contains('/', StringComparison.Ordinal)
        ? (File.Exists(program) ? program : null)
        : SearchPath.Split(':').Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);

    // A user's PATH has no /usr/sbin.
    private static string SearchPath => (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin";

    private static string Find(string program) => TryFind(program) ?? throw Missing(program, null);

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw Missing(start.FileName, e);
        }
    }

    private static LightVMException Missing(string program, Exception? inner) =>
        new(ErrorCodes.FeatureMissing, $"{program} is not on this machine, or does not start.", program, "Install the package that has it.", inner);

    private static async Task EndAsync(Process process)
    {
        // First by asking: a compiler that is killed leaves half of a file. What runs in namespaces of its own is told by its input.
        try
        {
            process.StandardInput.Close();
            _ = Kill(process.Id, Terminate);
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, Action<string>? line)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } next)
        {
            line?.Invoke(next);
            text.Append(next).Append('\n');
            if (text.Length > 2 * MostOutput)
            {
                text.Remove(0, text.Length - MostOutput);
            }
        }

        return text.ToString();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
