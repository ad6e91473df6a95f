using System.Net.Sockets;

namespace LightVM.Client.Tests;

public sealed class FailedConnectionsAreExplained : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-ssh-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task A_socket_that_does_not_exist()
    {
        LightVMException e = await FailureOf(HostEndpoint.ForSocket(Path.Combine(directory, "none.sock")));
        Assert.Equal(ErrorCodes.HostUnreachable, e.Problem.Code);
        Assert.Contains("none.sock does not exist", e.Message, StringComparison.Ordinal);
        Assert.Contains("systemctl status lightvmd", e.Problem.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_nobody_listens_on()
    {
        string path = Path.Combine(directory, "dead.sock");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            LightVMException e = await FailureOf(HostEndpoint.ForSocket(path));
            Assert.Equal(ErrorCodes.HostUnreachable, e.Problem.Code);
            Assert.Contains("No daemon answers", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_path_that_is_too_long_for_a_socket()
    {
        LightVMException e = await FailureOf(HostEndpoint.ForSocket("/" + new string('x', 120)));
        Assert.Equal(ErrorCodes.InvalidArgument, e.Problem.Code);
    }

    [Fact]
    public async Task No_ssh_program()
    {
        var options = new LightVMClientOptions { SshProgram = Path.Combine(directory, "no-ssh") };
        LightVMException e = await FailureOf(HostEndpoint.ForSsh("xen1"), options);
        Assert.Equal(ErrorCodes.HostUnreachable, e.Problem.Code);
    }

    [Theory]
    [InlineData(255, "ssh: connect to host xen1 port 22: Connection refused", ErrorCodes.HostUnreachable, "Connection refused")]
    [InlineData(255, "ssh: Could not resolve hostname xen1: Name or service not known", ErrorCodes.HostUnreachable, "Could not resolve")]
    [InlineData(255, "Warning: Permanently added 'xen1'.\nadmin@xen1: Permission denied (publickey).", ErrorCodes.AccessDenied, "publickey")]
    [InlineData(255, "Host key verification failed.", ErrorCodes.HostUnreachable, "does not trust")]
    [InlineData(255, "", ErrorCodes.HostUnreachable, "without a word")]
    [InlineData(127, "bash: line 1: lightvmd: command not found", ErrorCodes.HostUnreachable, "has no lightvmd")]
    [InlineData(1, "lightvmd dial: AccessDenied: this user may not open /run/lightvm/lightvmd.h2.sock.", ErrorCodes.AccessDenied, "this user may not open")]
    [InlineData(1, "lightvmd dial: HostUnreachable: no daemon answers on /run/lightvm/lightvmd.h2.sock.", ErrorCodes.HostUnreachable, "no daemon answers")]
    public async Task Ssh_that_ends(int exitCode, string stderr, string code, string cause)
    {
        LightVMException e = await FailureOf(HostEndpoint.ForSsh("xen1"), Ssh($"cat >&2 <<'END'\n{stderr}\nEND\nexit {exitCode}"));
        Assert.True(code == e.Problem.Code, $"{e.Problem.Code}: {e}");
        Assert.Contains(cause, e.Message, StringComparison.Ordinal);
        Assert.Contains("xen1", e.Message, StringComparison.Ordinal);
        Assert.NotNull(e.Problem.Recommendation);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public async Task Ssh_is_asked_never_to_prompt_and_gets_what_the_endpoint_says()
    {
        string arguments = Path.Combine(directory, "arguments");
        await FailureOf(HostEndpoint.Parse("ssh://admin@xen1:2222?config=/etc/my%20config"), Ssh($"printf '%s\\n' \"$@\" > {arguments}; exit 255"));
        string[] given = await File.ReadAllLinesAsync(arguments);
        Assert.Contains("BatchMode=yes", given);
        Assert.Equal("/etc/my config", given[Array.IndexOf(given, "-F") + 1]);
        Assert.Equal("2222", given[Array.IndexOf(given, "-p") + 1]);
        Assert.Equal("admin", given[Array.IndexOf(given, "-l") + 1]);
        Assert.Equal(["--", "xen1", "lightvmd", "dial"], given[^4..]);
    }

    [Fact]
    public async Task Ssh_that_never_answers_is_given_up_by_a_limit_that_leaves_the_users_own_alone()
    {
        string arguments = Path.Combine(directory, "arguments");
        LightVMClientOptions options = Ssh($"printf '%s\\n' \"$@\" > {arguments}; exec sleep 600") with { ConnectTimeout = TimeSpan.FromSeconds(1) };
        LightVMException e = await FailureOf(HostEndpoint.ForSsh("xen1"), options);
        Assert.Equal(ErrorCodes.HostUnreachable, e.Problem.Code);
        Assert.Contains("no answer within 1 s", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ConnectTimeout", await File.ReadAllTextAsync(arguments), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_canceled_request_is_no_failure()
    {
        using var client = new LightVMClient(HostEndpoint.ForSsh("xen1"), Ssh("exec sleep 60"));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Host.GetAsync(stop.Token));
    }

    private static async Task<LightVMException> FailureOf(HostEndpoint endpoint, LightVMClientOptions? options = null)
    {
        using var client = new LightVMClient(endpoint, options);
        return await Assert.ThrowsAsync<LightVMException>(() => client.Host.GetAsync());
    }

    private LightVMClientOptions Ssh(string script)
    {
        string path = Path.Combine(directory, "ssh");
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new LightVMClientOptions { SshProgram = path };
    }
}
