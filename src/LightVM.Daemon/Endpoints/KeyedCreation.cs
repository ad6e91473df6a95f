using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>
/// A creation with an Idempotency-Key: its guests get their ids before it begins. Asked for again after a crash, those that exist are
/// answered as they are, and only the others are created, with the same ids.
/// </summary>
internal static class KeyedCreation
{
    public static Func<IProgress<int>?, CancellationToken, Task<IReadOnlyList<GuestResult>>> Prepare(
        IGuests guests, KeyedRequest keyed, CreateGuestsRequest request, string actor, long received)
    {
        Guid[] ids = keyed.BeginCreation([.. request.Guests.Select(g => g.Id)], out bool again);
        bool chosen = request.Guests.Any(g => g.Id is not null);
        var there = new GuestResult?[ids.Length];
        var missing = new List<GuestDefinition>(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            GuestDefinition definition = request.Guests[i];
            if (again && guests.Find(ids[i].ToString()) is { } guest && guest.Name == definition.Name)
            {
                there[i] = new GuestResult { Target = definition.Name, Guest = guest, Changed = true };
            }
            else
            {
                missing.Add(WithId(definition, ids[i]));
            }
        }

        var rest = new CreateGuestsRequest { Guests = missing, Start = request.Start };
        return async (progress, cancellation) =>
        {
            IReadOnlyList<GuestResult> made = missing.Count == 0
                ? []
                : await guests.CreateAsync(rest, chosen, actor, received, progress, cancellation).ConfigureAwait(false);
            if (made.Count == there.Length)
            {
                return made;
            }

            int next = 0;
            return [.. there.Select(result => result ?? made[next++])];
        };
    }

    private static GuestDefinition WithId(GuestDefinition definition, Guid id) => new()
    {
        Name = definition.Name,
        Image = definition.Image,
        Memory = definition.Memory,
        VCpuCount = definition.VCpuCount,
        Labels = definition.Labels,
        RestartPolicy = definition.RestartPolicy,
        OnCrash = definition.OnCrash,
        Affinity = definition.Affinity,
        CpuPool = definition.CpuPool,
        CommandLine = definition.CommandLine,
        Adapters = definition.Adapters,
        Disks = definition.Disks,
        Publish = definition.Publish,
        Arguments = definition.Arguments,
        Environment = definition.Environment,
        Files = definition.Files,
        Type = definition.Type,
        Fleet = definition.Fleet,
        Id = id,
    };
}
