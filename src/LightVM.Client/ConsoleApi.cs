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

    /// <summary>Attaches to a guest's console, both ways, beginning with the last 4 KB of what is logged. The caller disposes it.</summary>
    /// <param name="id">The guest.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="columns">Size of the window; 0: there is none.</param>
    /// <param name="rows">See <paramref name="columns"/>.</param>
    /// <param name="cancellationToken">Stops waiting for it to open.</param>
    /// <exception cref="LightVMException">GuestNotFound, InvalidState: it does not run. FeatureMissing.</exception>
    public async Task<ConsoleAttachment> AttachAsync(
        Guid id, string name, int columns = 0, int rows = 0, CancellationToken cancellationToken = default)
    {
        await connection.Features.RequireAsync(cancellationToken, HostFeatures.ConsoleAttach).ConfigureAwait(false);
        string size = columns > 0 && rows > 0 ? string.Create(CultureInfo.InvariantCulture, $"?columns={columns}&rows={rows}") : "";
        return new ConsoleAttachment(
            await connection.OpenWebSocketAsync($"v1/guests/{id}/console/attach{size}", cancellationToken).ConfigureAwait(false),
            connection.Endpoint,
            $"the console of guest '{name}'");
    }
}
