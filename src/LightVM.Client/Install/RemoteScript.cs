using System.ComponentModel;
using System.Diagnostics;

namespace LightVM.Client;

/// <summary>Runs a script for sh on a host, by ssh, whatever login shell the user has there.</summary>
internal static class RemoteScript
{
    /// <summary>
    /// Returns the exit code of a script in plain POSIX sh, and what it wrote; ssh's own failures are errors. As root means by sudo, without
    /// a question; without an input it reads nothing.
    /// </summary>
    /// <exception cref="LightVMException">HostUnreachable, AccessDenied.</exception>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        HostEndpoint endpoint, LightVMClientOptions options, string script, bool asRoot, Stream? input, CancellationToken cancellationToken)
    {
        string[] command = [.. asRoot ? (string[])["sudo", "-n"] : [], "sh", "-c", Quote(script)];
        using Process process = Begin(endpoint, options, command);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
            await SendAsync(process, input, cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            string said = await error.ConfigureAwait(false);
            return process.ExitCode == 255
                ? throw new LightVMException(ConnectionFailure.OfSsh(endpoint, 255, said))
                : (process.ExitCode, await output.ConfigureAwait(false), said.Trim());
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Begin(HostEndpoint endpoint, LightVMClientOptions options, string[] command)
    {
        try
        {
            return Process.Start(SshProgram.Start(endpoint, options, command, options.ConnectTimeout)) ?? throw new Win32Exception("no process was started");
        }
        catch (Win32Exception e)
        {
            throw new LightVMException(ConnectionFailure.NoSsh(endpoint, options.SshProgram, e), e);
        }
    }

    private static async Task SendAsync(Process process, Stream? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null)
            {
                await input.CopyToAsync(process.StandardInput.BaseStream, cancellationToken).ConfigureAwait(false);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already, or reads no more: what it says tells why.
        }
    }

    private static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
