using System.Globalization;
using System.Runtime.CompilerServices;

namespace LightVM.Client;

/// <summary>/v1/guests/{id}/console.</summary>
public sealed class ConsoleApi
{
    private readonly HostConnection connection;

    internal ConsoleApi(HostConnection connection) => this.connection = connection;

    /// <summary>
    /// Lines of a guest's console. A connection that breaks is made again, and no line is lost or doubled by that.
    /// </summary>
    /// <param name="id">The guest.</param>
    /// <param name="follow">Stay until the guest has ended; otherwise what is logged, then the end.</param>
    /// <param name="tail">Only so many of the last lines, then what follows; null: all that is held.</param>
    /// <param name="after">Only lines after this sequence number.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<ConsoleLine> ReadAsync(
        Guid id,
        bool follow = false,
        int? tail = null,
        long? after = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        long? last = after;
        bool resumed = false;
        var stream = new ResumingStream<ConsoleLine>(connection, LightVMJson.Default.ConsoleLine, follow);
        await foreach (ConsoleLine line in stream.ReadAsync(Uri, cancellationToken).ConfigureAwait(false))
        {
            last = line.Sequence;
            resumed = true;
            yield return line;
        }

        string Uri()
        {
            var query = new List<string> { follow ? "follow=true" : "follow=false" };
            if (tail is { } count && !resumed)
            {
                query.Add(string.Create(CultureInfo.InvariantCulture, $"tail={count}"));
            }

            if (last is { } sequence)
            {
                query.Add(string.Create(CultureInfo.InvariantCulture, $"after={sequence}"));
            }

            return $"v1/guests/{id}/console?{string.Join('&', query)}";
        }
    }
}
