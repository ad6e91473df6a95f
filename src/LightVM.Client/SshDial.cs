using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LightVM.Client;

/// <summary>One <c>ssh … HOST lightvmd dial</c>: its standard streams are the connection, its standard error the explanation.</summary>
internal sealed class SshDial : IDisposable
{
    private const int KeptError = 16 * 1024;

    private readonly HostEndpoint endpoint;
    private readonly Process process;
    private readonly StringBuilder error = new();
    private readonly Task<(int ExitCode, string Error)> ended;
    private readonly TimeSpan limit;
    private volatile bool late;
    private int disposed;

    private SshDial(HostEndpoint endpoint, Process process, TimeSpan limit)
    {
        this.endpoint = endpoint;
        this.process = process;
        this.limit = limit;
        Stream = new DuplexStream(process.StandardOutput.BaseStream, process.StandardInput.BaseStream, this);
        ended = Task.Run(WatchAsync);
        _ = Task.Run(LimitAsync);
    }

    public DuplexStream Stream { get; }

    /// <summary>Whether the daemon has said anything: before that, an end is a connection that could not be made.</summary>
    public bool ReceivedAny => Stream.ReceivedAny;

    /// <exception cref="ConnectFailedException">The program cannot be run.</exception>
    public static SshDial Start(HostEndpoint endpoint, LightVMClientOptions options)
    {
        ProcessStartInfo start = SshProgram.Start(endpoint, options, options.DialCommand);
        try
        {
            return new SshDial(endpoint, Process.Start(start) ?? throw new Win32Exception("no process was started"), options.ConnectTimeout);
        }
        catch (Win32Exception e)
        {
            throw new ConnectFailedException(ConnectionFailure.NoSsh(endpoint, options.SshProgram, e), e);
        }
    }

    /// <summary>Why it ended; null if it goes on, or ended because we wanted it to.</summary>
    public async Task<Problem?> ExplainAsync()
    {
        // Its streams may be seen to end just before it does.
        if (await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(3))).ConfigureAwait(false) != ended)
        {
            return null;
        }

        (int exitCode, string said) = await ended.ConfigureAwait(false);
        if (late)
        {
            return ConnectionFailure.OfSsh(endpoint, 255, string.Create(CultureInfo.InvariantCulture, $"ssh: no answer within {limit.TotalSeconds:0} s"));
        }

        return ReceivedAny && said.Length == 0 ? null : ConnectionFailure.OfSsh(endpoint, exitCode, said);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        // The end of its input is the polite way; ssh passes it on to the far side.
        CloseInput();
        _ = Task.Run(EndAsync);
    }

    private void CloseInput()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already: there is nobody to be polite to.
        }
    }

    /// <summary>Ends an ssh on which nothing has come in time. ssh itself is given no limit: there the user's own rules.</summary>
    private async Task LimitAsync()
    {
        try
        {
            await ended.WaitAsync(limit).ConfigureAwait(false);
            return;
        }
        catch (TimeoutException) when (ReceivedAny || Volatile.Read(ref disposed) != 0)
        {
            return;
        }
        catch (TimeoutException)
        {
            late = true;
        }

        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It was disposed of just now, or has ended.
        }
    }

    private async Task EndAsync()
    {
        if (await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(500))).ConfigureAwait(false) != ended)
        {
            // No harm if it has just ended: Kill says nothing then.
            process.Kill();
            await ended.ConfigureAwait(false);
        }

        process.Dispose();
    }

    private async Task<(int ExitCode, string Error)> WatchAsync()
    {
        Task read = ReadErrorAsync();
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);

        // A process that ssh left in the background may hold its standard error open: what it has said by then is all there is.
        await Task.WhenAny(read, Task.Delay(TimeSpan.FromSeconds(1))).ConfigureAwait(false);
        lock (error)
        {
            return (process.ExitCode, error.ToString().Trim());
        }
    }

    private async Task ReadErrorAsync()
    {
        var buffer = new char[1024];
        while (true)
        {
            int count;
            try
            {
                count = await process.StandardError.ReadAsync(buffer).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ObjectDisposedException or IOException)
            {
                return;
            }

            if (count == 0)
            {
                return;
            }

            lock (error)
            {
                error.Append(buffer, 0, count);
                if (error.Length > KeptError)
                {
                    error.Remove(0, error.Length - KeptError);
                }
            }
        }
    }
}
