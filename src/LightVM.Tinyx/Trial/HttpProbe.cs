using System.Globalization;
using System.Text;
using LightVM.Client;

namespace LightVM.Tinyx;

/// <summary>Asks a guest's web server for a page, from its host; any answer from 200 to 399 is good.</summary>
/// <param name="Path">Begins with /.</param>
/// <param name="Port">The guest's.</param>
public sealed record HttpProbe(string Path, int Port) : IImageTest
{
    private const int LongestStatus = 1024;

    public async Task<string?> TryAsync(LightVMClient client, Guest guest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(guest);
        PortStream stream = await client.Ports.ConnectAsync(guest, Port, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {Path} HTTP/1.0\r\nHost: {guest.Name}\r\nConnection: close\r\n\r\n"), cancellationToken).ConfigureAwait(false);
            var answer = new byte[LongestStatus];
            int length = 0;
            while (length < answer.Length && await stream.ReadAsync(answer.AsMemory(length), cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                length += count;
                if (Judge(answer.AsSpan(0, length)) is { } verdict)
                {
                    return verdict.Length == 0 ? null : verdict;
                }
            }

            return $"port {Port} gave no answer of HTTP";
        }
    }

    /// <summary>Null: there is no whole first line yet. Empty: good. Otherwise what is wrong.</summary>
    internal string? Judge(ReadOnlySpan<byte> answer)
    {
        int end = answer.IndexOf((byte)'\n');
        if (end < 0)
        {
            return null;
        }

        string line = Encoding.Latin1.GetString(answer[..end]).TrimEnd('\r');
        string[] words = line.Split(' ', 3);
        if (words.Length < 2 || !words[0].StartsWith("HTTP/", StringComparison.Ordinal) || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int status))
        {
            return $"port {Port} gave no answer of HTTP, but '{line}'";
        }

        return status is >= 200 and < 400 ? "" : $"{Path} at port {Port} was answered with {status}";
    }
}
