using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using LightVM.Daemon.Http;
using LightVM.Toolstack;

namespace LightVM.Daemon.Endpoints;

/// <summary>What carries bytes both ways, as WebSockets: consoles and TCP ports of guests.</summary>
internal sealed class AttachEndpoints(IGuests guests, CancellationToken stopping)
{
    /// <summary>Columns and rows have 16 bits each at the guest.</summary>
    private const int MostCells = ushort.MaxValue;

    public void Map(Routes routes)
    {
        routes.MapSocket("/v1/guests/{idOrName}/console/attach", AttachAsync, new(
            "attachConsole",
            "A WebSocket: binary messages are bytes of the console, both ways, beginning with the last 4 KB that are logged. Text messages are JSON: {\"columns\":80,\"rows\":24} to lightvmd, {\"end\":\"poweroff\"} from it.")
        {
            Query = [("columns", "integer", "Of the window."), ("rows", "integer", "Of the window.")],
            Responses = [(101, null)],
            Errors = [ErrorCodes.GuestNotFound, ErrorCodes.InvalidState],
        });
        routes.MapSocket("/v1/guests/{idOrName}/ports/{port}", ConnectAsync, new(
            "connectPort", "A WebSocket: binary messages are the bytes of one TCP connection to that port of the guest; closing is the end of a direction.")
        {
            Responses = [(101, null)],
            Errors = [ErrorCodes.GuestNotFound, ErrorCodes.InvalidState, ErrorCodes.WaitTimeout],
        });
    }

    private async Task<Reply> AttachAsync(Call call)
    {
        var query = new QueryReader(call.Http.Request, "columns", "rows");
        int columns = (int)(query.Number("columns", MostCells) ?? 0);
        int rows = (int)(query.Number("rows", MostCells) ?? 0);
        IConsoleAttachment attachment = guests.AttachConsole(GuestEndpoints.Find(guests, call.Route("idOrName")).Id);
        using WebSocket socket = await Sockets.AcceptAsync(call.Http).ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(call.Http.RequestAborted, stopping);
        if (columns > 0 && rows > 0)
        {
            await attachment.ResizeAsync(columns, rows).ConfigureAwait(false);
        }

        Task typing = TypeAsync(socket, attachment, ending);
        try
        {
            await foreach (ReadOnlyMemory<byte> piece in attachment.ReadAsync(ending.Token).ConfigureAwait(false))
            {
                await socket.SendAsync(piece, WebSocketMessageType.Binary, endOfMessage: true, ending.Token).ConfigureAwait(false);
            }

            string end = JsonEncodedText.Encode(attachment.EndReason ?? "").ToString();
            await socket.SendAsync(
                Encoding.UTF8.GetBytes($"{{\"end\":\"{end}\"}}"), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, ending.Token).ConfigureAwait(false);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ending.Token).ConfigureAwait(false);
            // The other end closes too; to break off before that would look like a failure to it.
            await Task.WhenAny(typing, Task.Delay(Sockets.CloseTime)).ConfigureAwait(false);
        }
        catch (Exception e) when (Sockets.IsEnd(e, call.Http, ending.Token))
        {
            await EndAsync(call, socket).ConfigureAwait(false);
        }

        await ending.CancelAsync().ConfigureAwait(false);
        await typing.ConfigureAwait(false);
        return Reply.Sent;
    }

    /// <summary>Hands on what is typed, until the other end closes, which ends the attachment. Never throws.</summary>
    private static async Task TypeAsync(WebSocket socket, IConsoleAttachment attachment, CancellationTokenSource ending)
    {
        byte[] buffer = new byte[1024];
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(), ending.Token).ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Binary)
                {
                    await attachment.WriteAsync(buffer.AsMemory(0, result.Count), ending.Token).ConfigureAwait(false);
                }
                else if (result.MessageType == WebSocketMessageType.Text && result.EndOfMessage && ReadWindow(buffer.AsSpan(0, result.Count)) is { } window)
                {
                    await attachment.ResizeAsync(window.Columns, window.Rows).ConfigureAwait(false);
                }
                else
                {
                    break; // closed; or what this is not made for
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // The other end is gone, or this one is ending: nobody types any more.
        }

        await ending.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Null: it is not <c>{"columns":80,"rows":24}</c>.</summary>
    private static (int Columns, int Rows)? ReadWindow(ReadOnlySpan<byte> json)
    {
        int columns = 0;
        int rows = 0;
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    bool isColumns = reader.ValueTextEquals("columns"u8);
                    bool isRows = reader.ValueTextEquals("rows"u8);
                    if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetUInt16(out ushort value))
                    {
                        return null;
                    }

                    columns = isColumns ? value : columns;
                    rows = isRows ? value : rows;
                }
            }
        }
        catch (JsonException)
        {
            return null;
        }

        return columns > 0 && rows > 0 ? (columns, rows) : null;
    }

    private async Task<Reply> ConnectAsync(Call call)
    {
        string text = call.Route("port");
        if (!ushort.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ushort port) || port == 0)
        {
            throw Problems.InvalidArgument($"'{text}' is no TCP port.", text, recommendation: "Give one from 1 to 65535.");
        }

        Guest guest = GuestEndpoints.Find(guests, call.Route("idOrName"));
        Sockets.Require(call.Http); // before a connection to the guest is made for nothing
        using Socket connection = await guests.ConnectPortAsync(guest.Id, port, call.Cancellation).ConfigureAwait(false);
        using WebSocket socket = await Sockets.AcceptAsync(call.Http).ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(call.Http.RequestAborted, stopping);
        await new SocketRelay(socket, connection).RunAsync(ending).ConfigureAwait(false);
        return Reply.Sent;
    }

    /// <summary>Says why it ends, if there is still somebody to be told and it was not that one who ended it.</summary>
    private async Task EndAsync(Call call, WebSocket socket)
    {
        if (stopping.IsCancellationRequested)
        {
            call.Http.Abort(); // a stream that ends early must not look like one that ended well
        }
        else
        {
            await Sockets.CloseAsync(socket).ConfigureAwait(false);
        }
    }
}
