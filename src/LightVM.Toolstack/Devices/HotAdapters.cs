namespace LightVM.Toolstack;

/// <summary>
/// Adapters that come, change and go. lightvm-io first, the record after: what a crash cuts off was not confirmed, and is taken
/// back when the two meet again.
/// </summary>
internal sealed class HotAdapters(ToolstackParts parts, HotPlug plug)
{
    public async Task<Adapter> AddAsync(ManagedGuest guest, AdapterDefinition definition, string actor)
    {
        DeviceRules.CheckRate(guest.Name, definition.RateLimit);
        Life? life = await plug.LifeAsync(guest).ConfigureAwait(false);
        GuestRecord record = guest.Record;
        int slot = HotPlug.NextSlot(record, life);
        int id = DeviceSlots.FreeId(record.Adapters.Select(adapter => adapter.Id));
        AdapterRecord added = parts.Resources.Lease(guest, definition, id, slot);
        try
        {
            if (life is not null)
            {
                added = parts.Plane.Devices.WithMtu(added);
                Task<IoResult> answer = parts.Plane.Devices.NetAsync(guest, life, added);
                await HotPlug.AddedAsync(
                    guest, life, answer, $"adapter {id}", () => plug.TakeBack(guest, life, new DeviceKey(NoxsType.Net, (ushort)id))).ConfigureAwait(false);
            }
        }
        catch
        {
            parts.Resources.Release(guest, id);
            throw;
        }

        guest.Update(r => r with { Adapters = Sorted([.. r.Adapters, added]), Revision = r.Revision + 1 });
        parts.Records.Save(guest);
        parts.Event(EventKinds.AdapterAdded, guest, $"Adapter {id} on network '{added.Network}' was added: {added.Address ?? added.Mac}.", actor);
        return DeviceViews.View(added, guest.Life, []);
    }

    public async Task<Adapter> ChangeAsync(ManagedGuest guest, int id, AdapterChange change, string actor)
    {
        AdapterRecord before = Find(guest, id);
        long rate = change.RateLimit ?? before.RateLimit;
        DeviceRules.CheckRate(guest.Name, rate);
        if (rate != before.RateLimit)
        {
            AdapterRecord after = before with { RateLimit = rate };
            if (await plug.LifeAsync(guest).ConfigureAwait(false) is { } life)
            {
                Task<IoResult> answer = parts.Plane.Devices.NetAsync(guest, life, after);
                await HotPlug.AddedAsync(
                    guest, life, answer, $"the rate of adapter {id}", () => _ = parts.Plane.Devices.NetAsync(guest, life, before)).ConfigureAwait(false);
            }

            guest.Update(r => r with { Adapters = [.. r.Adapters.Select(a => a.Id == id ? after : a)], Revision = r.Revision + 1 });
            parts.Records.Save(guest);
            parts.Event(EventKinds.GuestChanged, guest, $"The rate limit of adapter {id} is {(rate == 0 ? "none" : $"{rate} bytes per second")}.", actor);
        }

        return DeviceViews.View(Find(guest, id), guest.Life, []);
    }

    public async Task RemoveAsync(ManagedGuest guest, int id, bool force, string actor)
    {
        AdapterRecord removed = Find(guest, id);
        GuestRecord record = guest.Record;
        AdapterRecord[] left = [.. record.Adapters.Where(adapter => adapter.Id != id)];
        if (record.Publish.Count > 0 && (left.Length == 0 || left[0].Address is null))
        {
            throw Problems.InvalidState(
                guest.Name,
                $"Guest '{guest.Name}' publishes ports by adapter {id}, and would have no other one with an address.",
                "Publish nothing first: Set-LightVM -Publish @().");
        }

        if (await plug.LifeAsync(guest).ConfigureAwait(false) is { } life)
        {
            await plug.RemoveAsync(guest, life, new DeviceKey(NoxsType.Net, (ushort)id), $"adapter {id}", force).ConfigureAwait(false);
        }

        guest.Update(r => r with { Adapters = left, Revision = r.Revision + 1 });
        parts.Records.Save(guest);
        try
        {
            if (guest.IsPublished && record.Adapters[0].Id == id)
            {
                parts.Resources.Publish(guest);
            }
        }
        catch
        {
            parts.Resources.Unpublish(guest); // they would lead to an address that is the next one's
            throw;
        }
        finally
        {
            parts.Resources.Release(guest, id);
            parts.Event(EventKinds.AdapterRemoved, guest, $"Adapter {id} on network '{removed.Network}' was removed.", actor);
        }
    }

    private static AdapterRecord[] Sorted(AdapterRecord[] adapters)
    {
        Array.Sort(adapters, static (a, b) => a.Id - b.Id);
        return adapters;
    }

    private static AdapterRecord Find(ManagedGuest guest, int id) =>
        guest.Record.Adapters.FirstOrDefault(adapter => adapter.Id == id) ?? throw new LightVMException(
            ErrorCodes.AdapterNotFound,
            $"Guest '{guest.Name}' has no adapter {id}.",
            guest.Name,
            "List its adapters with Get-LightVMNetworkAdapter.");
}
