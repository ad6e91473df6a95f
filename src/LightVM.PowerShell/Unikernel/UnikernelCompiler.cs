using System.ComponentModel;
using System.Diagnostics;

namespace LightVM.PowerShell;

/// <summary>Makes a kernel of C files, with the machine's gcc.</summary>
internal sealed class UnikernelCompiler(UnikernelSdk sdk, string name)
{
    private const string Compiler = "gcc";

    /// <summary>What the last run of the compiler said.</summary>
    public IReadOnlyList<CompilerMessage> Messages { get; private set; } = [];

    /// <summary>All that it said, for what <see cref="Messages"/> does not understand.</summary>
    public string Output { get; private set; } = "";

    /// <summary>Compiles one file; false: it has errors. <paramref name="source"/> is absolute.</summary>
    public async Task<bool> CompileAsync(string source, string target, CancellationToken cancellationToken)
    {
        // Only the compiler's own headers (stddef.h, stdint.h) beside ours: the C library's would compile, and not link or not run.
        (int code, string own, _) = await RunAsync([.. Which("include")], cancellationToken).ConfigureAwait(false);
        string[] headers = code == 0 ? ["-nostdinc", "-isystem", own.Trim()] : [];
        return await CompileAsync(
            [
                "-std=gnu11", "-Wall", "-Wextra", "-Werror=implicit-function-declaration", "-fdiagnostics-color=never", .. headers, "-I", Path.GetDirectoryName(source)!,
                $"-ffile-prefix-map={Path.GetDirectoryName(source)}/=",
            ],
            source,
            target,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Links objects into a kernel without symbols; false: something is undefined.</summary>
    public async Task<bool> LinkAsync(IReadOnlyList<string> objects, string target, CancellationToken cancellationToken)
    {
        string nameObject = target + ".name.o";
        if (!await CompileAsync([$"-DGUEST_NAME=\"{name}\""], sdk.NameSource, nameObject, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        return await RunForMessagesAsync(
            ["@" + sdk.LinkFlags, "-s", "-Wl,-T," + sdk.LinkerScript, "-o", target, .. objects, nameObject, "-Wl,--start-group", .. sdk.Libraries, "-Wl,--end-group"],
            cancellationToken).ConfigureAwait(false);
    }

    private static string[] Which(string file) => [$"-print-file-name={file}"];

    private Task<bool> CompileAsync(string[] more, string source, string target, CancellationToken cancellationToken) =>
        RunForMessagesAsync(["@" + sdk.CompileFlags, .. more, "-I", sdk.Include, "-c", source, "-o", target], cancellationToken);

    private async Task<bool> RunForMessagesAsync(string[] arguments, CancellationToken cancellationToken)
    {
        (int code, _, string errors) = await RunAsync(arguments, cancellationToken).ConfigureAwait(false);
        Output = errors;
        Messages = CompilerMessage.Parse(errors);
        return code == 0;
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Compiler, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C"; // its messages are read
        using Process process = Start(start);
        process.StandardInput.Close();
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return (process.ExitCode, await output.ConfigureAwait(false), await errors.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new LightVMException(
                ErrorCodes.FeatureMissing,
                $"There is no C compiler here: {Compiler} does not start ({e.Message}).",
                Compiler,
                "Install gcc and binutils for x86-64 (apt-get install gcc), or build on a Linux machine that has them.",
                e);
        }
    }
}
