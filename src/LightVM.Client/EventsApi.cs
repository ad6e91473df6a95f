using System.Globalization;
using System.Runtime.CompilerServices;

namespace LightVM.Client;

/// <summary>/v1/events.</summary>
public sealed class EventsApi
{
    private readonly HostConnection connection;

    internal EventsApi(HostConnection connection) => this.connection = connection;

    /// <summary>Events of the host, the oldest first. A connection that breaks is made again, and no event is lost or doubled by that.</summary>
    /// <param name="after">Only those after this sequence number; 0: all that are held.</param>
    /// <param name="follow">Stay, and go on with those that happen.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<Event> ReadAsync(
        long after = 0, bool follow = false, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        long last = after;
        var stream = new ResumingStream<Event>(connection, LightVMJson.Default.Event, follow);
        await foreach (Event item in stream.ReadAsync(Uri, cancellationToken).ConfigureAwait(false))
        {
            last = item.Sequence;
            item.HostName = connection.HostName;
            yield return item;
        }

        string Uri() => string.Create(CultureInfo.InvariantCulture, $"v1/events?after={last}&follow={(follow ? "true" : "false")}");
    }
}
