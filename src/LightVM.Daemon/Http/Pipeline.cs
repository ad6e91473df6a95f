using LightVM.Daemon.Metrics;
using LightVM.Toolstack;
using Microsoft.AspNetCore.Http;

namespace LightVM.Daemon.Http;

/// <summary>What is common to all routes: who may, keys, failures as problem documents, sending.</summary>
/// <param name="keys">Answers to requests that come again.</param>
/// <param name="log">The daemon's.</param>
/// <param name="checkLease">Throws for a request of a run whose lease has ended.</param>
internal sealed class Pipeline(IdempotencyCache keys, Action<LogSeverity, string> log, Action<Guid> checkLease)
{
    /// <param name="keyed">Whether the route honours an Idempotency-Key.</param>
    public async Task RunAsync(HttpContext http, Func<Call, Task<Reply>> handler, bool keyed, RequestCounters.RouteCounter counter)
    {
        Reply reply;
        if (http.Features.Get<Peer>() is not { Admitted: true } peer)
        {
            reply = Reply.Of(new Problem
            {
                Code = ErrorCodes.AccessDenied,
                Detail = $"{http.Features.Get<Peer>()?.Actor ?? "This user"} may not use lightvmd.",
            });
        }
        else if (keyed && http.Request.Headers.TryGetValue(IdempotencyCache.Header, out var key))
        {
            var call = new Call(http, peer.Actor, CancellationToken.None);
            reply = await TryAsync(call, c => keys.RunAsync(c, key.ToString(), inner => TryAsync(inner, handler))).ConfigureAwait(false);
        }
        else
        {
            reply = await TryAsync(new Call(http, peer.Actor, http.RequestAborted), handler).ConfigureAwait(false);
        }

        await SendAsync(http, reply).ConfigureAwait(false);
        counter.Add(http.Response.StatusCode);
    }

    /// <summary>The answer to a request that no route takes.</summary>
    public static Task RefuseAsync(HttpContext http, int status)
    {
        string what = $"{http.Request.Method} {http.Request.Path}";
        Problem problem = status == StatusCodes.Status405MethodNotAllowed
            ? new Problem
            {
                Code = ErrorCodes.InvalidArgument,
                Status = status,
                Title = "Method not allowed",
                Detail = $"{what}: this resource allows {http.Response.Headers.Allow}.",
                Target = http.Request.Path,
            }
            : new Problem
            {
                Code = ErrorCodes.FeatureMissing,
                Status = StatusCodes.Status404NotFound,
                Title = "No such resource",
                Detail = $"{what}: this lightvmd has no such resource.",
                Target = http.Request.Path,
                Recommendation = "GET /openapi/v1.json lists what there is; a newer lightvmd may have more.",
            };
        return SendAsync(http, Reply.Of(problem));
    }

    private static async Task SendAsync(HttpContext http, Reply reply)
    {
        HttpResponse response = http.Response;
        if (ReferenceEquals(reply, Reply.Sent) || response.HasStarted || http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        response.StatusCode = reply.Status;
        response.ContentType = reply.ContentType;
        if (reply.ETag is not null)
        {
            response.Headers.ETag = reply.ETag;
        }

        if (reply.Location is not null)
        {
            response.Headers.Location = reply.Location;
        }

        if (reply.PreferenceApplied is not null)
        {
            response.Headers["Preference-Applied"] = reply.PreferenceApplied;
        }

        if (reply.Status != StatusCodes.Status204NoContent)
        {
            response.ContentLength = reply.Body.Length;
        }

        if (!reply.Body.IsEmpty)
        {
            await response.BodyWriter.WriteAsync(reply.Body).ConfigureAwait(false);
        }
    }

    /// <summary>Runs a handler; whatever it throws becomes an answer.</summary>
    private async Task<Reply> TryAsync(Call call, Func<Call, Task<Reply>> handler)
    {
        HttpContext http = call.Http;
        try
        {
            if (LeaseHeader.Of(http.Request) is { } lease)
            {
                checkLease(lease);
            }

            return await handler(call).ConfigureAwait(false);
        }
        catch (Exception e) when (http.Response.HasStarted)
        {
            // A stream that ends early must not look like one that ended well.
            if (e is not OperationCanceledException && !http.RequestAborted.IsCancellationRequested)
            {
                log(LogSeverity.Error, $"{http.Request.Method} {http.Request.Path} failed while its answer was being sent: {e}");
            }

            http.Abort();
            return Reply.Sent;
        }
        catch (LightVMException e)
        {
            return Reply.Of(e.Problem);
        }
        catch (BadHttpRequestException e)
        {
            return Reply.Of(new Problem
            {
                Code = ErrorCodes.InvalidArgument,
                Status = e.StatusCode,
                Detail = e.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? $"The body is larger than {Call.MaxBody} bytes."
                    : e.Message,
                Recommendation = e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "Split the request." : null,
            });
        }
        catch (OperationCanceledException)
        {
            return Reply.Of(new Problem { Code = ErrorCodes.Canceled, Detail = "The request was cancelled before it was done." });
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Reading from a client that has gone away; nobody is there to be told.
            return Reply.Sent;
        }
#pragma warning disable CA1031 // The last line: what nobody expected is logged, and answered with a number to look for in the log.
        catch (Exception e)
#pragma warning restore CA1031
        {
            string id = Guid.NewGuid().ToString("N")[..12];
            log(LogSeverity.Error, $"Internal error {id} in {http.Request.Method} {http.Request.Path}: {e}");
            return Reply.Of(new Problem
            {
                Code = ErrorCodes.InternalError,
                Detail = $"lightvmd failed at {http.Request.Method} {http.Request.Path}; its log says more under {id}.",
                Recommendation = $"Look for {id} in `journalctl -u lightvmd`, and report it.",
                Details = new() { ["correlationId"] = id },
            });
        }
    }
}
