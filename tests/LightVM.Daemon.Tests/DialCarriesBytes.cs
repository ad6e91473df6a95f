using System.Diagnostics;
using System.Net.Sockets;

namespace LightVM.Daemon.Tests;

/// <summary><c>lightvmd dial</c> is a pipe to the daemon's socket: all bytes, both ways, each direction ended by itself.</summary>
public sealed class DialCarriesBytes : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lvmd-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Both_ways_with_half_close()
    {
        using Socket listener = Listen();
        using Process dial = Start();
        using Socket daemon = await listener.AcceptAsync();
        byte[] sent = new byte[3 << 20];
        new Random(1).NextBytes(sent);

        // All that stdin has, then its end: the daemon reads to the end and answers after it.
        Task writing = Task.Run(async () =>
        {
            await dial.StandardInput.BaseStream.WriteAsync(sent);
            dial.StandardInput.Close();
        });
        using var stream = new NetworkStream(daemon, ownsSocket: false);
        var received = new MemoryStream();
        await stream.CopyToAsync(received);
        await writing;
        Assert.Equal(sent, received.ToArray());

        Task sending = Task.Run(async () =>
        {
            await stream.WriteAsync(sent);
            daemon.Close();
        });
        var answered = new MemoryStream();
        await dial.StandardOutput.BaseStream.CopyToAsync(answered);
        await sending;
        Assert.Equal(sent, answered.ToArray());
        await dial.WaitForExitAsync();
        Assert.Equal(0, dial.ExitCode);
        Assert.Empty(await dial.StandardError.ReadToEndAsync());
    }

    [Fact]
    public async Task It_ends_with_the_daemon_though_stdin_is_open()
    {
        using Socket listener = Listen();
        using Process dial = Start();
        using (Socket daemon = await listener.AcceptAsync())
        {
            await daemon.SendAsync("x"u8.ToArray());
        }

        Assert.Equal("x", await dial.StandardOutput.ReadToEndAsync());
        await dial.WaitForExitAsync();
        Assert.Equal(0, dial.ExitCode);
    }

    [Fact]
    public async Task Without_a_daemon_one_line_says_so()
    {
        using Process dial = Start();
        string error = await dial.StandardError.ReadToEndAsync();
        await dial.WaitForExitAsync();
        Assert.Equal(1, dial.ExitCode);
        Assert.StartsWith("lightvmd dial: HostUnreachable: ", error, StringComparison.Ordinal);
        Assert.Contains("lightvmd.h2.sock", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    [Fact]
    public async Task A_socket_that_nobody_serves_any_more_says_the_same()
    {
        Listen().Dispose();
        using Process dial = Start();
        string error = await dial.StandardError.ReadToEndAsync();
        await dial.WaitForExitAsync();
        Assert.Equal(1, dial.ExitCode);
        Assert.StartsWith("lightvmd dial: HostUnreachable: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_Xen_serve_fails_with_one_clear_line()
    {
        if (File.Exists("/proc/xen/capabilities") && (await File.ReadAllTextAsync("/proc/xen/capabilities")).Contains("control_d", StringComparison.Ordinal))
        {
            return; // a dom0: it would start
        }

        using Process serve = Start("serve");
        string error = await serve.StandardError.ReadToEndAsync();
        await serve.WaitForExitAsync();
        Assert.Equal(1, serve.ExitCode);
        Assert.Contains("no Xen dom0", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    private Socket Listen()
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(_directory, "bound.sock")));
        listener.Listen();
        // .NET removes the file of a socket that it has bound; a daemon that was killed does not.
        File.Move(Path.Combine(_directory, "bound.sock"), Path.Combine(_directory, "lightvmd.h2.sock"));
        return listener;
    }

    private Process Start(string command = "dial")
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "lightvmd.dll"), command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LIGHTVM_RUN_DIR"] = _directory;
        start.Environment["LIGHTVM_STATE_DIR"] = _directory;
        return Process.Start(start)!;
    }
}
