using System.Net;

namespace LightVM.Toolstack;

/// <summary>The connections that the kernel translates, as <c>/proc/net/nf_conntrack</c> shows them.</summary>
internal static class ConnectionTable
{
    private const string Path = "/proc/net/nf_conntrack";

    /// <summary>States of a TCP connection in which nothing more is to come.</summary>
    private static readonly string[] Over = ["TIME_WAIT", "CLOSE", "LAST_ACK"];

    /// <summary>TCP connections that lead to one of these addresses and are not over; null: the kernel does not tell.</summary>
    public static int? Count(IReadOnlySet<IPAddress> addresses)
    {
        try
        {
            return File.ReadLines(Path).Count(line => Leads(line, addresses));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether a line is such a connection: protocol, state, then the tuple of each direction. Whom it leads to is the source of the second.
    /// Pure.
    /// </summary>
    internal static bool Leads(string line, IReadOnlySet<IPAddress> addresses)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 6 || words[2] != "tcp" || Over.Contains(words[5], StringComparer.Ordinal))
        {
            return false;
        }

        string? answers = words.Where(word => word.StartsWith("src=", StringComparison.Ordinal)).Skip(1).FirstOrDefault();
        return answers is not null && IPAddress.TryParse(answers.AsSpan(4), out IPAddress? address) && addresses.Contains(address);
    }
}
