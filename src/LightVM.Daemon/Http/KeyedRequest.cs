using LightVM.Daemon.Store;

namespace LightVM.Daemon.Http;

/// <summary>A request with an Idempotency-Key: done by whoever claims it first; the others get that answer.</summary>
internal sealed class KeyedRequest
{
    /// <summary>Bytes; larger answers are only in the database once they are there.</summary>
    private const int MaxHeldBody = 4096;

    private readonly Lock _gate = new();
    private readonly StateStore _store;
    private RequestRecord _record;
    private TaskCompletionSource<Reply?>? _running;
    private Reply? _answer;
    private bool _stored;

    /// <param name="stored">Whether its answer lies in the database.</param>
    public KeyedRequest(StateStore store, RequestRecord record, bool stored)
    {
        _store = store;
        _record = record;
        _stored = stored;
    }

    public long Fingerprint => _record.Fingerprint;

    /// <summary>Unix seconds.</summary>
    public long Time => _record.Time;

    public bool IsRunning => _running is not null;

    /// <summary>False for an answer that would be wrong in another life of the daemon: an operation ends with it.</summary>
    public bool KeepAnswer { get; set; } = true;

    /// <summary>Claims the work (both null), or gives what is there already: the answer, or the one who is at it.</summary>
    public (Reply? Answer, Task<Reply?>? Running) Claim()
    {
        lock (_gate)
        {
            if (_answer is not null)
            {
                return (_answer, null);
            }

            if (_running is not null)
            {
                return (null, _running.Task);
            }

            if (_stored)
            {
                if (_store.LoadAnswer(_record.Actor, _record.Key) is { } answer)
                {
                    var reply = new Reply(answer.Status, answer.Body, answer.ContentType)
                    {
                        ETag = answer.ETag,
                        Location = answer.Location,
                    };
                    return (reply, null);
                }

                _stored = false;
            }

            _running = new TaskCompletionSource<Reply?>(TaskCreationOptions.RunContinuationsAsynchronously);
            return (null, null);
        }
    }

    /// <summary>
    /// The ids of a creation's guests, of which each may exist, as an earlier life or try has remembered them; all zeros where there
    /// is none.
    /// </summary>
    public Guid[] CreatedIds(int count)
    {
        var ids = new Guid[count];
        for (int i = 0; i < count && _record.Ids.Length == 16 * count; i++)
        {
            ids[i] = new Guid(_record.Ids.AsSpan(16 * i, 16));
        }

        return ids;
    }

    /// <summary>Remembers the ids that a creation is about to use, so that whoever asks again after a crash completes this very one.</summary>
    public void BeginCreation(Guid[] ids)
    {
        byte[] bytes = new byte[16 * ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i].TryWriteBytes(bytes.AsSpan(16 * i));
        }

        _record = _record with { Ids = bytes };
        _store.BeginRequest(_record);
    }

    /// <summary>Ends the claim. What failed on our side (5xx) is not kept: the next one tries again.</summary>
    public void Finish(Reply? reply)
    {
        TaskCompletionSource<Reply?> running;
        bool keep = reply is { Status: < 500 };
        lock (_gate)
        {
            running = _running!;
            _running = null;
            _answer = keep ? reply : null;
        }

        if (keep && KeepAnswer)
        {
            var answer = new StoredAnswer(reply!.Status, reply.ContentType, reply.ETag, reply.Location, reply.Body.ToArray());
            _store.SaveAnswer(_record, answer, () =>
            {
                lock (_gate)
                {
                    _stored = true;
                    if (answer.Body.Length > MaxHeldBody)
                    {
                        _answer = null;
                    }
                }
            });
        }

        running.SetResult(keep ? reply : null);
    }
}
