namespace LightVM.Toolstack;

/// <summary>What a clone holds of its host: addresses of its own, files, disks. The caller holds the clone's gate.</summary>
internal sealed class CloneResources(ToolstackParts parts)
{
    /// <summary>Takes what a clone needs, and enters it into its record. What fails takes nothing.</summary>
    /// <param name="files">The source's, with their bytes; empty: the host has them.</param>
    /// <param name="disks">Of the request.</param>
    /// <exception cref="LightVMException">NetworkNotFound, PoolExhausted, InvalidState: a disk of which there cannot be a second.</exception>
    public void Reserve(ManagedGuest guest, GuestRecord source, IReadOnlyList<GuestFile> files, CloneDisks disks)
    {
        try
        {
            foreach (AdapterRecord adapter in source.Adapters)
            {
                var wanted = new AdapterDefinition { Network = adapter.Network, RateLimit = adapter.RateLimit };
                AdapterRecord own = parts.Resources.Lease(guest, wanted, adapter.Id, adapter.Slot) with { Mtu = adapter.Mtu };
                guest.Update(record => record with { Adapters = [.. record.Adapters, own] });
            }

            disks.Reserve(guest, source);
            IReadOnlyList<GuestFileRecord> held = HoldFiles(source, files);
            guest.Update(record => record with { Files = held });
        }
        catch
        {
            parts.Resources.Undo(guest);
            throw;
        }
    }

    private IReadOnlyList<GuestFileRecord> HoldFiles(GuestRecord source, IReadOnlyList<GuestFile> files)
    {
        if (files.Count > 0)
        {
            return parts.Files.Put(files);
        }

        parts.Files.Hold(source.Files);
        return source.Files;
    }
}
