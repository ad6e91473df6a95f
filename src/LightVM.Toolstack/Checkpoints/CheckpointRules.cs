using System.Diagnostics.CodeAnalysis;

namespace LightVM.Toolstack;

/// <summary>What checkpoints and their headers must be. Pure. A header may come from anywhere: it is checked as a request is.</summary>
internal static class CheckpointRules
{
    public const int MaxName = 127;

    /// <summary>Whether it is 1 to 127 of a-z, 0-9 and '-', with no '-' at either end.</summary>
    public static bool IsName(string? name) =>
        !string.IsNullOrEmpty(name) && name.Length <= MaxName && name[0] != '-' && name[^1] != '-' &&
        name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    public static void CheckName(string? name)
    {
        if (!IsName(name))
        {
            throw Problems.InvalidArgument(
                $"A checkpoint's name '{name}' is not valid: 1 to {MaxName} of a-z, 0-9 and '-', with no '-' at either end.", name, "Choose another name.");
        }
    }

    /// <summary>The definition of a guest alone: nothing of its life but the layout of its domain.</summary>
    public static GuestRecord DefinitionOf(GuestRecord record) => record with
    {
        DiskIntents = [],
        Confirmed = false,
        DesiredRunning = false,
        State = GuestState.Stopped,
        DomainId = null,
        BootId = Guid.Empty,
        StartTime = null,
        StartupTime = null,
        RestartCount = 0,
        EndReason = null,
        Checkpoint = null,
        Saving = null,
        Restoring = null,
        Move = null,
        Previous = null,
    };

    /// <exception cref="LightVMException">CheckpointInvalid.</exception>
    public static void Check(CheckpointHeader header, string? target)
    {
        GuestRecord guest = header.Guest;
        try
        {
            Require(guest.Labels is not null && guest.CommandLine is not null, "its guest lacks what every guest has"); // absent is null here
            IEnumerable<object?> all =
            [
                .. guest.Adapters, .. guest.Disks, .. guest.DiskIntents, .. guest.Publish, .. guest.Arguments, .. guest.Files,
                .. guest.Labels.Values, .. guest.Environment.Values, .. header.Files, .. header.Disks,
            ];
            Require(!all.Contains(null), "a list in it has a null"); // what no reader of JSON checks
            CheckName(header.Name);
            GuestRules.CheckName(guest.Name);
            Require(guest.Id != Guid.Empty, "the id of its guest is dom0's");
            Require(guest.Memory > 0 && guest.Memory % GuestRules.Page == 0, "its guest's memory is no number of pages");
            GuestRules.CheckVCpus(guest.Name, guest.VCpuCount);
            GuestRules.CheckCpuPool(guest.Name, guest.CpuPool);
            GuestRules.CheckLabels(guest.Name, guest.Labels);
            GuestRules.CheckFleet(guest.Fleet);
            if (guest.Affinity is not null)
            {
                CpuSet.Parse(guest.Affinity, CpuSet.MaxCpus, guest.Name);
            }

            Require(Enum.IsDefined(guest.Type) && Enum.IsDefined(guest.RestartPolicy) && Enum.IsDefined(guest.OnCrash) && Enum.IsDefined(guest.DeletionPolicy), "a value of its guest is not known");
            Require(BlobFiles.IsDigest(guest.ImageDigest), "it has no digest of its guest's image");
            CheckDevices(header, guest);
            Require(guest.Previous is null, "its guest brings an earlier definition");
            ProbeRules.Check(guest.Name, guest.Probes, guest.Adapters.Count > 0);
            ProbeRules.CheckDrain(guest.Name, guest.DrainSeconds);
            DeviceRules.CheckArguments(guest.Name, guest.Arguments);
            GuestArguments.Check(guest.Name, guest.CommandLine, guest.Arguments, guest.StoreEventChannel != 0);
            DeviceRules.CheckEnvironment(guest.Name, guest.Environment);
            DeviceRules.CheckFiles(guest.Name, header.Files);
            Require(guest.Files.SequenceEqual(header.Files.Select(GuestFileStore.RecordOf)), "its guest's files are not those that it has");
        }
        catch (LightVMException e) when (e.Problem.Code != ErrorCodes.CheckpointInvalid)
        {
            throw CheckpointFormat.Invalid(target, e.Message, e);
        }

        void Require([DoesNotReturnIf(false)] bool condition, string what)
        {
            if (!condition)
            {
                throw CheckpointFormat.Invalid(target, what);
            }
        }
    }

    private static void CheckDevices(CheckpointHeader header, GuestRecord guest)
    {
        DeviceRules.CheckCount(guest.Name, DeviceSlots.Count(guest));
        DeviceRules.CheckPublish(guest.Name, guest.Publish, GuestResources.HasAddress(guest));
        bool slots = guest.Adapters.Select(adapter => adapter.Slot).Concat(guest.Disks.Select(disk => disk.Slot))
            .All(slot => slot is > 0 and < DeviceSlots.MaxControlPages);
        bool ids = guest.Adapters.Select(adapter => adapter.Id).Concat(guest.Disks.Select(disk => disk.Id))
            .All(id => id is >= 0 and < DeviceSlots.MaxControlPages);
        bool unique = guest.Adapters.Select(adapter => adapter.Id).Distinct().Count() == guest.Adapters.Count &&
            guest.Disks.Select(disk => disk.Id).Distinct().Count() == guest.Disks.Count &&
            guest.Adapters.Select(adapter => adapter.Slot).Concat(guest.Disks.Select(disk => disk.Slot)).Distinct().Count() == DeviceSlots.Count(guest);
        if (!slots || !ids || !unique || guest.ControlPages is < 0 or > DeviceSlots.MaxControlPages)
        {
            throw Problems.InvalidArgument("its guest's devices have places that none has", guest.Name, "");
        }

        foreach (AdapterRecord adapter in guest.Adapters)
        {
            DeviceRules.CheckRate(guest.Name, adapter.RateLimit);
        }

        foreach (DiskRecord disk in guest.Disks)
        {
            DeviceRules.CheckDisk(guest.Name, new DiskDefinition { Path = disk.Path, ReadOnly = disk.ReadOnly });
        }

        if (!guest.Disks.Select(disk => (disk.Id, disk.Path, disk.ReadOnly)).SequenceEqual(header.Disks.Select(disk => (disk.Id, disk.Path, disk.ReadOnly))))
        {
            throw Problems.InvalidArgument("its guest's disks are not those that it knows of", guest.Name, "");
        }
    }
}
