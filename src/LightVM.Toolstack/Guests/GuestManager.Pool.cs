namespace LightVM.Toolstack;

/// <content>The shell pool.</content>
public sealed partial class GuestManager
{
    public Pool PoolInfo() => _parts.Shells.View();

    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public Pool ChangePool(PoolChange change, string actor)
    {
        if (change.Budget is < 0)
        {
            throw Problems.InvalidArgument($"A budget of {change.Budget} bytes is not possible.", null, "Give it as 0, 64MB, 1GB and so on.");
        }

        if (change.Budget is { } budget)
        {
            _parts.Shells.Configure(pool => pool with { Budget = budget });
            _parts.Log(LogSeverity.Information, $"The pool's budget is {budget} bytes now ({actor}).");
        }

        return PoolInfo();
    }

    /// <summary>Has so many shells of a kind kept ready, or none any more. They are made when there is time.</summary>
    /// <exception cref="LightVMException">ImageNotFound, InvalidArgument.</exception>
    public PoolFlavour PutPoolFlavour(string image, PoolFlavourDefinition definition, string actor)
    {
        PoolFlavourRecord flavour = PoolRules.Flavour(image, definition, _parts.Images.Find(image));
        _parts.Shells.Configure(pool => PoolRules.With(pool, flavour));
        _parts.Log(LogSeverity.Information, $"The pool is to hold {flavour.Count} shells of image '{image}' ({actor}).");
        return _parts.Shells.Find(flavour) ?? new PoolFlavour
        {
            Image = flavour.Image,
            Memory = flavour.Memory,
            VCpuCount = flavour.VCpuCount,
            Devices = flavour.Devices,
            Fleet = flavour.Fleet,
        };
    }

    /// <summary>The same of clones of a checkpoint, restored ahead.</summary>
    /// <exception cref="LightVMException">CheckpointNotFound, InvalidArgument.</exception>
    public PoolFlavour PutPoolCheckpoint(string checkpoint, PoolFlavourDefinition definition, string actor)
    {
        PoolFlavourRecord flavour = PoolRules.CloneFlavour(checkpoint, definition, _parts.Checkpoints.Find(checkpoint));
        _parts.Shells.Configure(pool => PoolRules.With(pool, flavour));
        _parts.Log(LogSeverity.Information, $"The pool is to hold {flavour.Count} shells of checkpoint '{checkpoint}' ({actor}).");
        return _parts.Shells.Find(flavour) ?? new PoolFlavour
        {
            Image = flavour.Image,
            Checkpoint = checkpoint,
            Memory = flavour.Memory,
            VCpuCount = flavour.VCpuCount,
            Devices = flavour.Devices,
        };
    }

    /// <summary>Keeps no shells of an image any more. There may be none.</summary>
    public void RemovePoolFlavours(string image, string actor)
    {
        _parts.Shells.Configure(pool => pool with { Flavours = [.. pool.Flavours.Where(flavour => flavour.Image != image || flavour.Checkpoint is not null)] });
        _parts.Log(LogSeverity.Information, $"The pool is to hold no shells of image '{image}' ({actor}).");
    }
}
