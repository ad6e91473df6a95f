using System.Net;
using System.Net.Sockets;
using System.Text;
using LightVM.Toolstack;

namespace LightVM.Toolstack.Tests;

/// <summary>Probes: what they may be, how answers are counted, and what hostile answers do.</summary>
public sealed class ProbesOfGuests
{
    [Fact]
    public void Pass_and_fail_by_answers_in_a_row()
    {
        var count = new ProbeCount(new Probe { Tcp = 1, FailureThreshold = 2, SuccessThreshold = 3 });
        bool?[] verdicts = [.. "yyynynnyyyy".Select(answer =>
        {
            count.Add(answer == 'y');
            return count.Verdict;
        })];
        Assert.Equal([null, null, true, true, true, true, false, false, false, true, true], verdicts);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n", true, "answered 200")]
    [InlineData("HTTP/1.0 301\n", true, "answered 301")]
    [InlineData("HTTP/1.1 404 Not Found\r\nmore", false, "answered 404")]
    [InlineData("HTTP/1.1 503 \r\n", false, "answered 503")]
    [InlineData("HTTP/1.1 2000 OK\r\n", false, "answered with something else than HTTP")]
    [InlineData("HTTP/1.1 +20 OK\r\n", false, "answered with something else than HTTP")]
    [InlineData("\n", false, "answered with something else than HTTP")]
    [InlineData("HTTP/1.1 200 OK", false, "answered with something else than HTTP")]
    [InlineData("", false, "closed the connection without an answer")]
    public void Judge_an_answer_by_its_first_line(string head, bool passed, string message) =>
        Assert.Equal(new ProbeAnswer(passed, message), HttpAsker.Judge(Encoding.ASCII.GetBytes(head)));

    [Fact]
    public async Task Read_little_of_a_guest_that_never_ends_its_line()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<long> flood = FloodAsync(listener);
        ProbeAnswer answer = await HttpAsker.AskAsync(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndpoint).Port, "/", CancellationToken.None);
        Assert.False(answer.Passed);
        Assert.True(await flood.WaitAsync(TimeSpan.FromMinutes(1)) > 0);
    }

    [Fact]
    public async Task Give_up_on_a_guest_that_says_nothing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => HttpAsker.AskAsync(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndpoint).Port, "/", limit.Token));
    }

    [Fact]
    public void Are_checked()
    {
        Assert.Null(ProbeRules.Check("web", new GuestProbes(), hasAddress: false));
        Assert.NotNull(ProbeRules.Check("web", new GuestProbes { Ready = new Probe { Console = "^up$" } }, hasAddress: false));
        foreach ((Probe probe, string words) in ((Probe, string)[])[
            (new Probe(), "asks nothing"),
            (new Probe { Tcp = 80, Http = 80 }, "asks several things"),
            (new Probe { Tcp = 0 }, "asks port 0"),
            (new Probe { Http = 80, Path = "/a b" }, "a path that no request can have"),
            (new Probe { Http = 80, Path = "/\r\nHost: x" }, "a path that no request can have"),
            (new Probe { Console = "(a)\\1" }, "a pattern that cannot be used"),
            (new Probe { Console = "(" }, "a pattern that cannot be used"),
            (new Probe { Console = "" }, "an empty pattern"),
            (new Probe { Tcp = 80, PeriodSeconds = 0 }, "a time that is not possible"),
            (new Probe { Tcp = 80, TimeoutSeconds = 61 }, "a time that is not possible"),
            (new Probe { Tcp = 80, FailureThreshold = 0 }, "a threshold that is not possible")])
        {
            var e = Assert.Throws<LightVMException>(() => ProbeRules.Check("web", new GuestProbes { Ready = probe }, hasAddress: true));
            Assert.Equal(ErrorCodes.InvalidArgument, e.Problem.Code);
            Assert.Contains($"'web': its ready probe", e.Problem.Detail, StringComparison.Ordinal);
            Assert.Contains(words, e.Problem.Detail, StringComparison.Ordinal);
        }

        Assert.Contains("no address", Assert.Throws<LightVMException>(
            () => ProbeRules.Check("web", new GuestProbes { Live = new Probe { Tcp = 80 } }, hasAddress: false)).Problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.2.2 dst=10.0.2.15 sport=5 dport=8080 src=10.118.0.5 dst=10.118.0.1 sport=80 dport=5 [ASSURED] mark=0 use=1", true)]
    [InlineData("ipv4     2 tcp      6 119 TIME_WAIT src=10.0.2.2 dst=10.0.2.15 sport=5 dport=8080 src=10.118.0.5 dst=10.118.0.1 sport=80 dport=5 [ASSURED] mark=0 use=1", false)]
    [InlineData("ipv4     2 tcp      6 431999 ESTABLISHED src=10.118.0.5 dst=10.0.2.2 sport=5 dport=80 src=10.0.2.2 dst=10.118.0.5 sport=80 dport=5 [ASSURED] mark=0 use=1", false)]
    [InlineData("ipv4     2 udp      17 29 src=10.0.2.2 dst=10.0.2.15 sport=5 dport=53 src=10.118.0.5 dst=10.118.0.1 sport=53 dport=5 mark=0 use=1", false)]
    [InlineData("ipv6     10 tcp      6 431999 ESTABLISHED src=fd00::1 dst=fd00::2 sport=5 dport=8080 src=fd00:0::5 dst=fd00::1 sport=80 dport=5 [ASSURED] use=1", true)]
    [InlineData("nonsense", false)]
    public void A_drain_waits_for_connections_that_lead_to_the_guest(string line, bool leads) =>
        Assert.Equal(leads, ConnectionTable.Leads(line, new HashSet<IPAddress> { IPAddress.Parse("10.118.0.5"), IPAddress.Parse("fd00::5") }));

    private static async Task<long> FloodAsync(TcpListener listener)
    {
        using Socket socket = await listener.AcceptSocketAsync();
        byte[] bytes = Enumerable.Repeat((byte)'x', 4096).ToArray();
        long sent = 0;
        try
        {
            while (true)
            {
                sent += await socket.SendAsync(bytes, SocketFlags.None);
            }
        }
        catch (SocketException)
        {
            return sent;
        }
    }
}
