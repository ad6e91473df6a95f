namespace LightVM.Toolstack;

/// <summary>
/// What a guest holds of its host beside memory: leases and TAPs of its adapters, files, published ports. Taken when it is
/// defined (ports when it starts), given back when it is forgotten. The caller holds the guest's gate.
/// </summary>
internal sealed class GuestResources(ToolstackParts parts)
{
    /// <summary>The adapters that a definition asks for, or that an image brings along.</summary>
    public static IReadOnlyList<AdapterDefinition> AdaptersOf(GuestDefinition definition, Image image) =>
        definition.Adapters ?? (image.Network ? [new AdapterDefinition()] : []);

    /// <summary>Takes what a definition asks for, and enters it into the record. What fails takes nothing.</summary>
    /// <exception cref="LightVMException">NetworkNotFound, AddressInUse, PoolExhausted, DiskNotFound, DiskInUse, InvalidArgument.</exception>
    public void Reserve(ManagedGuest guest, GuestDefinition definition, Image image)
    {
        IReadOnlyList<AdapterDefinition> adapters = AdaptersOf(definition, image);
        IReadOnlyList<DiskDefinition> disks = definition.Disks ?? [];
        if (adapters.Count + disks.Count == 0 && definition.Files is not { Count: > 0 } && definition.Publish is not { Count: > 0 })
        {
            return;
        }

        var made = new List<string>();
        guest.MadeDisks = made;
        try
        {
            int slot = 1;
            foreach (AdapterDefinition adapter in adapters)
            {
                AdapterRecord record = Lease(guest, adapter, guest.Record.Adapters.Count, slot++);
                guest.Update(r => r with { Adapters = [.. r.Adapters, record] });
            }

            if (DiskIntent.Of(disks) is { Count: > 0 } intents)
            {
                guest.Update(r => r with { DiskIntents = intents });
                parts.Records.Save(guest);
            }

            foreach (DiskDefinition disk in disks)
            {
                DiskRecord record = Toolstack.Disks.Define(guest.Name, disk, guest.Record.Disks.Count, slot++, made);
                guest.Update(r => r with { Disks = [.. r.Disks, record] });
            }

            guest.Update(r => r with { DiskIntents = [.. made.Select(DiskIntent.OfMade)] }); // saved with the rest, before it starts
            Toolstack.Disks.CheckTwice(guest.Name, guest.Record.Disks);
            IReadOnlyList<PublishedPort> publish = definition.Publish ?? [];
            DeviceRules.CheckPublish(guest.Name, publish, HasAddress(guest.Record));
            IReadOnlyList<GuestFileRecord> files = parts.Files.Put(definition.Files ?? []);
            guest.Update(r => r with { Files = files, FilesDigest = GuestFile.DigestOf(definition.Files ?? []), Publish = publish });
        }
        catch
        {
            Undo(guest);
            throw;
        }
    }

    /// <summary>Whether ports can be led to its first adapter.</summary>
    public static bool HasAddress(GuestRecord record) => record.Adapters.Count > 0 && record.Adapters[0].Address is not null;

    /// <summary>Takes addresses for an adapter, and makes its TAP if it is on a bridge.</summary>
    public AdapterRecord Lease(ManagedGuest guest, AdapterDefinition definition, int id, int slot)
    {
        AddressLease lease = parts.Networks.Lease(definition.Network, guest.Name, definition.Mac, definition.Address);
        try
        {
            MakeTap(guest, id, lease);
        }
        catch
        {
            parts.Networks.Release(lease);
            throw;
        }

        guest.Leases = new Dictionary<int, AddressLease>(guest.Leases) { [id] = lease };
        return new AdapterRecord
        {
            Id = id,
            Slot = slot,
            Network = lease.Network,
            Mac = lease.Mac.ToString(),
            Address = lease.Address?.ToString(),
            Address6 = lease.Address6?.ToString(),
            RateLimit = definition.RateLimit,
        };
    }

    /// <summary>Gives an adapter's addresses and TAP back.</summary>
    public void Release(ManagedGuest guest, int adapter)
    {
        if (guest.Leases.TryGetValue(adapter, out AddressLease? lease))
        {
            var left = new Dictionary<int, AddressLease>(guest.Leases);
            left.Remove(adapter);
            guest.Leases = left;
            if (lease.OnBridge)
            {
                parts.Networks.RemoveBridgeTap(guest.Id, adapter);
            }

            parts.Networks.Release(lease);
        }
    }

    /// <summary>The guest is forgotten: gives all of it back. Disks stay: they are the user's.</summary>
    public void Release(ManagedGuest guest)
    {
        Unpublish(guest);
        foreach (int adapter in guest.Leases.Keys.ToArray())
        {
            Release(guest, adapter);
        }

        parts.Files.Release(guest.Record.Files);
        parts.Files.Release(guest.Record.Previous?.Files ?? []);
    }

    /// <summary>As <see cref="Release(ManagedGuest)"/> for one that has not come to be: disks that were made for it go too.</summary>
    public void Undo(ManagedGuest guest)
    {
        Release(guest);
        foreach (string path in guest.MadeDisks)
        {
            File.Delete(path);
        }

        guest.MadeDisks = [];
        guest.Update(record => record with { Adapters = [], Disks = [], DiskIntents = [], Files = [], FilesDigest = null, Publish = [] });
    }

    /// <summary>Takes what a record says that a guest has, at the daemon's start. What is not to be had is logged.</summary>
    public void Adopt(ManagedGuest guest, bool lives)
    {
        GuestRecord record = guest.Record;
        parts.Files.Hold(record.Files);
        parts.Files.Hold(record.Previous?.Files ?? []);
        foreach (AdapterRecord adapter in record.Adapters)
        {
            try
            {
                AddressLease lease = parts.Networks.Adopt(adapter.Network, record.Name, adapter.Mac, adapter.Address);
                guest.Leases = new Dictionary<int, AddressLease>(guest.Leases) { [adapter.Id] = lease };
                MakeTap(guest, adapter.Id, lease);
            }
            catch (LightVMException e)
            {
                parts.Log(LogSeverity.Error, $"Adapter {adapter.Id} of '{record.Name}' is without its network: {e.Message}");
            }
        }

        if (lives)
        {
            try
            {
                Publish(guest, record.Adapters, record.Publish);
                parts.Networks.Serve(guest.Id, record.State == GuestState.Running);
            }
            catch (LightVMException e)
            {
                parts.Log(LogSeverity.Error, $"The ports of '{record.Name}' are not published: {e.Message}");
            }
        }
    }

    /// <summary>Takes just what a record says that a guest has, for one that comes back from a checkpoint. What fails takes nothing.</summary>
    /// <exception cref="LightVMException">NetworkNotFound, AddressInUse, InvalidArgument.</exception>
    public void Take(ManagedGuest guest)
    {
        try
        {
            foreach (AdapterRecord adapter in guest.Record.Adapters)
            {
                Lease(guest, new AdapterDefinition { Network = adapter.Network, Mac = adapter.Mac, Address = adapter.Address }, adapter.Id, adapter.Slot);
            }
        }
        catch
        {
            foreach (int adapter in guest.Leases.Keys.ToArray())
            {
                Release(guest, adapter);
            }

            throw;
        }
    }

    /// <summary>Leads the host's ports to a guest that starts.</summary>
    /// <exception cref="LightVMException">PortInUse, InvalidArgument, FeatureMissing, InternalError.</exception>
    public void Publish(ManagedGuest guest)
    {
        Publish(guest, guest.Record.Adapters, guest.Record.Publish);
        parts.Health.Watch(guest);
    }

    public void Publish(ManagedGuest guest, IReadOnlyList<AdapterRecord> adapters, IReadOnlyList<PublishedPort> ports)
    {
        if (ports.Count == 0)
        {
            Unpublish(guest);
        }
        else if (adapters.Count > 0 && guest.Leases.TryGetValue(adapters[0].Id, out AddressLease? lease))
        {
            guest.IsPublished = true;
            parts.Networks.Publish(guest.Id, guest.Name, lease, ports);
            parts.Health.Serve(guest);
        }
    }

    public void Unpublish(ManagedGuest guest)
    {
        if (guest.IsPublished)
        {
            guest.IsPublished = false;
            parts.Networks.Unpublish(guest.Id);
        }
    }

    private void MakeTap(ManagedGuest guest, int adapter, AddressLease lease)
    {
        if (lease.OnBridge)
        {
            parts.Networks.CreateBridgeTap(lease, guest.Id, adapter).Dispose();
        }
    }
}
