namespace LightVM.Toolstack;

/// <summary>What becomes a clone, and of what. Pure.</summary>
internal static class CloneRules
{
    /// <summary>Refuses a source of which there can be no second.</summary>
    /// <exception cref="LightVMException">InvalidState says why, and what to do.</exception>
    public static void CheckSource(GuestRecord source)
    {
        // A kernel of ours learns from its device page that it is another now; no other kernel can be told.
        if (source.StoreEventChannel != 0 && source.Adapters.Count > 0)
        {
            throw Problems.InvalidState(
                source.Name,
                $"Guest '{source.Name}' cannot be cloned: its kernel keeps its addresses, and two guests cannot have the same.",
                "Remove its network adapters first and give each clone one of its own, or make new guests of its image with New-LightVM.");
        }
    }

    /// <summary>Refuses a guest that has no memory that clones could go on with.</summary>
    /// <exception cref="LightVMException">InvalidState.</exception>
    public static void CheckState(GuestRecord source)
    {
        if (source.State != GuestState.Running)
        {
            throw Problems.InvalidState(
                source.Name,
                $"Guest '{source.Name}' is {source.State}, and clones go on with the memory of one that runs.",
                source.State == GuestState.Paused ? "Resume it with Resume-LightVM first." : "Start it first, or make new guests of its image with New-LightVM.");
        }
    }

    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static void CheckRequest(CopyGuestsRequest request, GuestRecord source)
    {
        if (request.Publish is { Count: > 0 } publish)
        {
            if (request.Names.Count > 1)
            {
                throw Problems.InvalidArgument(
                    $"{request.Names.Count} clones cannot all have the same ports of the host.", source.Name, "Publish ports for one clone at a time.");
            }

            DeviceRules.CheckPublish(request.Names[0], publish, GuestResources.HasAddress(source));
        }

        GuestRules.CheckLabels(source.Name, request.Labels);
    }

    /// <summary>A clone's record: all that the source is to be, under its own name, without what it holds of the host and what became of it.</summary>
    public static GuestRecord Define(GuestRecord source, string name, Guid id, CopyGuestsRequest request, DateTimeOffset now, Guid bootId)
    {
        GuestRules.CheckName(name);
        return CheckpointRules.DefinitionOf(source) with
        {
            Id = id,
            Name = name,
            Labels = request.Labels ?? source.Labels,
            Publish = request.Publish ?? [],
            Adapters = [],
            Disks = [],
            Files = [],
            Fleet = null,
            Revision = 1,
            CreationTime = now,
            BootId = bootId,
        };
    }

    /// <summary>Where a clone's copy of a disk lies: beside the source's, with the clone's name in its own.</summary>
    public static string DiskPathOf(string path, string clone) =>
        Path.Combine(Path.GetDirectoryName(path) ?? "/", $"{Path.GetFileNameWithoutExtension(path)}.{clone}{Path.GetExtension(path)}");
}
