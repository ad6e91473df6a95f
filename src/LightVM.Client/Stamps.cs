namespace LightVM.Client;

/// <summary>Puts what only the client knows on what a daemon sent: the host's name, and for devices their guest's.</summary>
internal sealed class Stamps(string hostName)
{
    public Guest On(Guest guest)
    {
        guest.HostName = hostName;
        foreach (Adapter adapter in guest.Adapters ?? [])
        {
            On(adapter, guest.Name);
        }

        foreach (Disk disk in guest.Disks ?? [])
        {
            On(disk, guest.Name);
        }

        return guest;
    }

    public IReadOnlyList<Guest> On(IReadOnlyList<Guest> guests)
    {
        foreach (Guest guest in guests)
        {
            On(guest);
        }

        return guests;
    }

    public IReadOnlyList<GuestMeasurement> On(IReadOnlyList<GuestMeasurement> measurements)
    {
        foreach (GuestMeasurement measurement in measurements)
        {
            measurement.HostName = hostName;
            foreach (Adapter adapter in measurement.Adapters ?? [])
            {
                On(adapter, measurement.Name);
            }

            foreach (Disk disk in measurement.Disks ?? [])
            {
                On(disk, measurement.Name);
            }
        }

        return measurements;
    }

    public BatchResult On(BatchResult batch)
    {
        OnResults(batch.Results);
        return batch;
    }

    public Operation On(Operation operation)
    {
        OnResults(operation.Results);
        return operation;
    }

    public Adapter On(Adapter adapter, string guestName)
    {
        adapter.GuestName = guestName;
        adapter.HostName = hostName;
        return adapter;
    }

    public Disk On(Disk disk, string guestName)
    {
        disk.GuestName = guestName;
        disk.HostName = hostName;
        return disk;
    }

    public Checkpoint On(Checkpoint checkpoint)
    {
        checkpoint.HostName = hostName;
        return checkpoint;
    }

    public Network On(Network network)
    {
        network.HostName = hostName;
        return network;
    }

    public PoolFlavour On(PoolFlavour flavour)
    {
        flavour.HostName = hostName;
        return flavour;
    }

    public Pool On(Pool pool)
    {
        foreach (PoolFlavour flavour in pool.Flavours)
        {
            On(flavour);
        }

        return pool;
    }

    private void OnResults(IReadOnlyList<GuestResult>? results)
    {
        foreach (GuestResult result in results ?? [])
        {
            if (result.Guest is { } guest)
            {
                On(guest);
            }

            if (result.Checkpoint is { } checkpoint)
            {
                On(checkpoint);
            }
        }
    }
}
