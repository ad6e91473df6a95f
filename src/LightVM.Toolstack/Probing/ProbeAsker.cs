using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>Asks one life of a guest one thing, again and again. Used by one thread at a time.</summary>
internal sealed class ProbeAsker
{
    private readonly ToolstackParts _parts;
    private readonly ManagedGuest _guest;
    private readonly Probe _probe;
    private readonly bool _remembers;
    private readonly Regex? _pattern;
    private ulong _seen;     // bytes of the console
    private long _sequence;  // of the last line that was looked at
    private bool _matched;

    /// <param name="remembers">Whether a line of the console counts for all of this life; else only until it is asked again.</param>
    public ProbeAsker(ToolstackParts parts, ManagedGuest guest, Probe probe, bool remembers)
    {
        _parts = parts;
        _guest = guest;
        _probe = probe;
        _remembers = remembers;
        _pattern = probe.Console is { } pattern ? ProbeRules.Compile(pattern) : null;
    }

    /// <exception cref="OperationCanceledException">The token.</exception>
    public async Task<ProbeAnswer> AskAsync(CancellationToken cancellationToken)
    {
        if (_pattern is not null)
        {
            return AskConsole(_pattern);
        }

        int port = _probe.Tcp ?? _probe.Http ?? 0;
        if (GuestPorts.AddressOf(_guest.Record) is not { } address)
        {
            return new ProbeAnswer(false, "has no address any more");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(_probe.TimeoutSeconds));
        ProbeAnswer answer;
        try
        {
            answer = _probe.Http is not null
                ? await HttpAsker.AskAsync(address, port, _probe.Path, limit.Token).ConfigureAwait(false)
                : await ConnectAsync(address, port, limit.Token).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            answer = new ProbeAnswer(false, e.SocketErrorCode == SocketError.ConnectionRefused ? "refused the connection" : $"could not be reached ({e.SocketErrorCode})");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            answer = new ProbeAnswer(false, string.Create(CultureInfo.InvariantCulture, $"did not answer within {_probe.TimeoutSeconds} s"));
        }

        return answer with { Message = string.Create(CultureInfo.InvariantCulture, $"port {port} {answer.Message}") };
    }

    private static async Task<ProbeAnswer> ConnectAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken).ConfigureAwait(false);
        return new ProbeAnswer(true, "accepted a connection");
    }

    private ProbeAnswer AskConsole(Regex pattern)
    {
        bool found = _remembers && _matched;
        if (!found)
        {
            using SafeFileHandle? file = _parts.Logs.TryOpen(_guest.Id);
            if (file is not null && ConsoleLogs.TryReadHeader(file, out ConsoleLogLayout.Header header) && header.Head != _seen)
            {
                _seen = header.Head;
                foreach (ConsoleLine line in new ConsoleReader(file, thisLife: true).Read(_sequence, withPartial: false))
                {
                    _sequence = line.Sequence;
                    found |= pattern.IsMatch(line.Text);
                }
            }

            _matched |= found;
        }

        return new ProbeAnswer(found, found ? "wrote a line that matches" : _remembers ? "has not written a line that matches" : "has not written a line that matches since it was asked last");
    }
}
