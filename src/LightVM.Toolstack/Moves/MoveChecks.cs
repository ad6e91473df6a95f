using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>What a destination refuses, and why: asked before anything is changed, and again when the guest comes.</summary>
internal sealed class MoveChecks(ToolstackParts parts, GuestStarter starter)
{
    public static MoveDisk ToMoveDisk(DiskMark mark) => new() { Path = mark.Path, ReadOnly = mark.ReadOnly, Size = mark.Size, Inode = mark.Inode };

    /// <exception cref="LightVMException">As <see cref="IGuestMoves.CheckAsync"/>.</exception>
    public async Task<MoveVerdict> RunAsync(MoveCheck check)
    {
        MoveOffer offer = check.Offer;
        Guest guest = offer.Guest;
        GuestRules.CheckName(guest.Name);
        await parts.Plane.RequireAsync(guest.Name).ConfigureAwait(false);
        RequireFree(guest.Name, guest.Id);
        using (XenPool.Lease lease = parts.Xen.Rent())
        {
            XenHostInfo info = lease.Host.Info();
            MoveHosts.CheckXen(guest.Name, offer.XenVersion, info.Version);
            if (guest.Type == GuestType.Pvh && !info.SupportsPvh)
            {
                throw MoveProblems.Incompatible(guest.Name, "it is a pvh guest, and the destination can run none.");
            }

            starter.Domains.CheckRoom(lease.Host, guest.Name, guest.Memory);
        }

        MoveHosts.CheckProcessor(guest.Name, offer.CpuFeatures, CpuFeatures.OfThisHost);
        bool hasImage = guest.ImageDigest is { } digest && parts.Images.Holds(digest);
        if (!hasImage && parts.Images.Find(guest.Image) is { } other)
        {
            throw new LightVMException(
                ErrorCodes.ImageExists,
                $"Guest '{guest.Name}' is not moved: the destination has another image '{guest.Image}' ({other.Public.Digest}).",
                guest.Name,
                "Import the guest's image there with -Force first.");
        }

        foreach (Adapter adapter in guest.Adapters)
        {
            MoveHosts.CheckNetwork(
                guest.Name, adapter, offer.Networks.FirstOrDefault(network => network.Name == adapter.Network), parts.Networks.Find(adapter.Network), check.AcceptNewAddress, offer.LearnsAddresses);
        }

        parts.Networks.CheckPorts(guest.Name, guest.Publish);
        CheckDisks(guest.Name, offer.Disks, check.SharedDisks);
        return new MoveVerdict { NeedsImage = !hasImage };
    }

    /// <exception cref="LightVMException">GuestExists.</exception>
    public void RequireFree(string name, Guid id)
    {
        if (parts.Guests.Find(name) is not null)
        {
            throw Problems.NameTaken(name);
        }

        bool taken = parts.Guests.Find(id) is not null;
        using (XenPool.Lease lease = parts.Xen.Rent())
        {
            // A domain of that id, whoever's, would be taken for this guest's at the next start of lightvmd.
            new DomainScan().Run(lease.Host, domain => taken |= domain.Uuid == id && !FoundDomain.From(domain).IsDying);
        }

        if (taken)
        {
            throw Problems.IdTaken(name, id);
        }
    }

    /// <exception cref="LightVMException">ImageNotFound.</exception>
    public void RequireImage(string name, string image, string digest)
    {
        if (!parts.Images.Holds(digest))
        {
            throw MoveProblems.ImageMissing(name, image, digest);
        }
    }

    /// <exception cref="LightVMException">DiskNotShared.</exception>
    public static void CheckDisks(string name, IReadOnlyList<MoveDisk> disks, bool shared)
    {
        foreach (MoveDisk disk in disks)
        {
            if (!shared)
            {
                throw MoveProblems.DiskNotShared(name, disk.Path, "may be another one on the destination");
            }

            if (MoveHosts.Difference(disk) is { } difference)
            {
                throw MoveProblems.DiskNotShared(name, disk.Path, difference);
            }
        }
    }

    /// <summary>Takes for an incoming guest what it had, or, if that is accepted, what is free here.</summary>
    /// <exception cref="LightVMException">NetworkNotFound, NetworkMismatch, AddressInUse, PoolExhausted.</exception>
    public void TakeAddresses(ManagedGuest guest, bool acceptNewAddress)
    {
        bool learns = guest.Record.StoreEventChannel == 0;
        var taken = new List<AdapterRecord>();
        foreach (AdapterRecord adapter in guest.Record.Adapters)
        {
            Network here = parts.Networks.Find(adapter.Network) ?? throw NetworkProblems.NotFound(adapter.Network);
            bool bridged = here.Bridge is not null;
            if (!acceptNewAddress && !(bridged && adapter.Address is null))
            {
                throw MoveHosts.NotSameNetwork(guest.Name, adapter.Network);
            }

            AdapterRecord lease = Lease(guest, adapter, bridged, acceptNewAddress && learns);
            taken.Add(lease with { RateLimit = adapter.RateLimit, Mtu = adapter.Mtu });
        }

        guest.Update(record => record with { Adapters = taken });
    }

    private AdapterRecord Lease(ManagedGuest guest, AdapterRecord adapter, bool bridged, bool other)
    {
        try
        {
            return parts.Resources.Lease(
                guest, new AdapterDefinition { Network = adapter.Network, Mac = adapter.Mac, Address = bridged ? null : adapter.Address }, adapter.Id, adapter.Slot);
        }
        catch (LightVMException e) when (other && e.Problem.Code is ErrorCodes.AddressInUse or ErrorCodes.InvalidArgument)
        {
            return parts.Resources.Lease(guest, new AdapterDefinition { Network = adapter.Network, Mac = FreeMac(e, adapter) }, adapter.Id, adapter.Slot);
        }
    }

    /// <summary>Its own, unless that is what is taken.</summary>
    private static string? FreeMac(LightVMException e, AdapterRecord adapter) => e.Problem.Target == adapter.Mac ? null : adapter.Mac;
}
