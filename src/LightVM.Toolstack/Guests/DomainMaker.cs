using System.Text;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>Makes the domains that guests live in: of images, of shells, or with room for what is read from a stream. Its methods block.</summary>
internal sealed class DomainMaker(ToolstackParts parts)
{
    private readonly Dom0Memory _memory = new(parts.Options.Dom0MemoryFloor, parts.Options.Log);

    /// <summary>Bytes that dom0 has beyond what it keeps.</summary>
    public long Dom0CouldGive() => _memory.CouldGive();

    /// <summary>Builds a domain that is to be a shell.</summary>
    /// <exception cref="LightVMException">OutOfMemory.</exception>
    public GuestLayout BuildShell(GuestRecord record, XenHost xen, int controlPages) => Build(record, xen, record.Memory, null, controlPages);

    /// <summary>Makes a shell the guest's domain, and lets it run.</summary>
    public static unsafe void Claim(ManagedGuest guest, Shell shell, XenHost xen)
    {
        GuestRecord record = guest.Record;
        var claim = new ShellClaim
        {
            Uuid = record.Id,
            IsNewUuid = record.Id != shell.Id,
            AnnouncedDevices = DeviceSlots.Count(record),
        };
        if (record.Affinity is not null)
        {
            xen.SetAffinity(shell.Life.Domain, CpuSet.Parse(record.Affinity, CpuSet.MaxCpus, record.Name));
        }

        Span<byte> commandLine = stackalloc byte[GuestConfig.MaxCommandLine + 1];
        commandLine[Encoding.UTF8.GetBytes(GuestArguments.Join(record.CommandLine, record.Arguments, linux: false), commandLine[..^1])] = 0;
        Span<byte> name = stackalloc byte[GuestRules.MaxName + 1];
        name[Encoding.ASCII.GetBytes(record.Name, name)] = 0;
        fixed (byte* text = commandLine, nameText = name)
        {
            claim.SetCommandLine(text);
            claim.SetName(nameText);
            xen.Claim(shell.Pages, in claim);
        }
    }

    /// <summary>Has Xen have room for a guest that is read from a stream, which cannot be read twice.</summary>
    /// <exception cref="LightVMException">OutOfMemory.</exception>
    public void RequireRoom(XenHost xen, GuestRecord record)
    {
        if (!_memory.MakeRoom(xen, record.Memory, record.Memory))
        {
            throw Problems.OutOfMemory(record.Name, record.Memory, xen.Info().FreeMemory, _memory.Describe());
        }
    }

    /// <summary>Whether there could be room. Changes nothing.</summary>
    /// <exception cref="LightVMException">OutOfMemory.</exception>
    public void CheckRoom(XenHost xen, string name, long memory)
    {
        if (!_memory.CouldMakeRoom(xen, memory))
        {
            throw Problems.OutOfMemory(name, memory, xen.Info().FreeMemory, _memory.Describe());
        }
    }

    /// <summary>Builds a guest's domain, paused.</summary>
    /// <param name="wished">Bytes that this and the next guests of the same request need.</param>
    /// <param name="seeded">Told as soon as there is something that lightvm-io can attach; it is called again if the building begins anew.</param>
    /// <param name="controlPages">Null: as many as the guest's devices need.</param>
    /// <exception cref="LightVMException">OutOfMemory, ImageNotFound.</exception>
    public unsafe GuestLayout Build(GuestRecord record, XenHost xen, long wished, Action<GuestLayout>? seeded, int? controlPages = null)
    {
        LoadedImage image = parts.Images.FindDigest(record.ImageDigest) ?? throw Problems.ImageNotFound(record.Image, record.Name);
        var config = new GuestConfig
        {
            Uuid = record.Id,
            Memory = record.Memory,
            VCpuCount = record.VCpuCount,
            CpuPool = record.CpuPool,
            ControlPages = controlPages ?? DeviceSlots.ControlPages(record),
            AnnouncedDevices = DeviceSlots.Count(record),
            Type = record.Type == GuestType.Pvh ? DomainType.Pvh : DomainType.Pv,
        };
        if (record.Affinity is not null)
        {
            config.Affinity = CpuSet.Parse(record.Affinity, CpuSet.MaxCpus, record.Name);
        }

        config.SetKernel(image.Kernel.Start, image.Kernel.Size);
        using GuestRamdisk ramdisk = GuestRamdisk.Of(record, image.Ramdisk, parts.Files);
        if (ramdisk.Start is not null)
        {
            config.SetRamdisk(ramdisk.Start, ramdisk.Size);
        }

        string joined = GuestArguments.Join(record.CommandLine, record.Arguments, image.IsLinux);
        Span<byte> commandLine = stackalloc byte[GuestConfig.MaxCommandLine + 1];
        commandLine[Encoding.UTF8.GetBytes(joined, commandLine[..^1])] = 0;
        Span<byte> name = stackalloc byte[GuestRules.MaxName + 1];
        name[Encoding.ASCII.GetBytes(record.Name, name)] = 0;
        fixed (byte* text = commandLine, nameText = name)
        {
            config.SetCommandLine(joined.Length == 0 ? null : text);
            config.SetName(nameText);
            return Create(xen, in config, record, wished, seeded);
        }
    }

    /// <summary>Makes a domain of a guest's size; where Xen has not the memory, once more when dom0 has given some.</summary>
    /// <exception cref="LightVMException">OutOfMemory.</exception>
    public T WithRoom<T>(XenHost xen, GuestRecord record, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (XenException e) when (e.ErrorNumber == Errno.ENOMEM &&
            (parts.Shells.GiveUp(xen, record.Memory) || _memory.MakeRoom(xen, record.Memory, record.Memory)))
        {
            parts.Log(LogSeverity.Debug, $"'{record.Name}' is made once more: there is memory now.");
        }
        catch (XenException e) when (e.ErrorNumber == Errno.ENOMEM)
        {
            throw Problems.OutOfMemory(record.Name, record.Memory, xen.Info().FreeMemory, _memory.Describe());
        }

        return make();
    }

    private GuestLayout Create(XenHost xen, in GuestConfig config, GuestRecord record, long wished, Action<GuestLayout>? seeded)
    {
        try
        {
            return xen.CreateGuest(in config, seeded);
        }
        catch (XenException e) when (e.ErrorNumber == Errno.ENOMEM && record.Name.Length > 0 && parts.Shells.GiveUp(xen, record.Memory))
        {
            return Create(xen, in config, record, wished, seeded);
        }
        catch (XenException e) when (e.ErrorNumber == Errno.ENOMEM && _memory.MakeRoom(xen, record.Memory, wished))
        {
            parts.Log(LogSeverity.Debug, $"'{record.Name}' is built once more: there is memory now.");
        }
        catch (XenException e) when (e.ErrorNumber == Errno.ENOMEM)
        {
            throw Problems.OutOfMemory(record.Name, record.Memory, xen.Info().FreeMemory, _memory.Describe());
        }

        try
        {
            return xen.CreateGuest(in config, seeded);
        }
        catch (XenException e) when (e.ErrorNumber == Errno.ENOMEM)
        {
            throw Problems.OutOfMemory(record.Name, record.Memory, xen.Info().FreeMemory, _memory.Describe());
        }
    }
}
