using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>Makes shells and destroys them. Its methods block.</summary>
internal sealed class ShellMaker(ToolstackParts parts, GuestStarter starter, GuestRestorer restorer)
{
    private static readonly TimeSpan AttachPatience = TimeSpan.FromSeconds(5);

    /// <summary>Builds one, has it attached. What fails leaves nothing.</summary>
    /// <exception cref="LightVMException">Why it cannot be made.</exception>
    public Shell Make(ShellStock stock, ShellKind kind, XenHost xen)
    {
        var holder = new ManagedGuest(new GuestRecord
        {
            Id = Guid.NewGuid(),
            Name = "",
            Image = stock.Flavour.Image,
            ImageDigest = kind.ImageDigest,
            Memory = kind.Memory,
            VCpuCount = kind.VCpuCount,
            CpuPool = kind.CpuPool,
            Type = GuestType.Pv,
            BootId = parts.BootId,
        });
        parts.Records.Save(holder); // before there is a domain: what is cut off from here on is destroyed by the next lightvmd
        Life? life = null;
        XenShell? pages = null;
        try
        {
            RestoredGuest? restored = kind.Checkpoint is { } stem ? Restore(holder, xen, stem, kind.ControlPages) : null;
            life = Life.From(restored?.Layout ?? starter.Domains.BuildShell(holder.Record, xen, kind.ControlPages));
            holder.Life = life;
            pages = xen.OpenShell(life.Domain);
            Attach(holder, life, restored?.ConsoleIndex ?? 0);
            return new Shell(holder, stock, pages, restored?.ConsoleIndex);
        }
        catch (Exception e)
        {
            pages?.Dispose();
            End(holder, life, xen);
            throw e is XenException failure ? Problems.FromXen(failure, null) : e;
        }
    }

    /// <summary>Destroys one that nobody has claimed.</summary>
    public void Destroy(Shell shell, XenHost xen)
    {
        shell.Pages.Dispose();
        End(shell.Holder, shell.Life, xen);
    }

    /// <summary>Lets go of what a claimed shell had of its own. Its guest lives.</summary>
    public void Release(Shell shell, ManagedGuest guest)
    {
        shell.Pages.Dispose();
        if (guest.Id != shell.Id)
        {
            Forget(shell.Holder);
        }

        if (guest.Record.Confirmed)
        {
            parts.Records.Save(guest); // a creation saves it without the time that its start took
        }
    }

    private RestoredGuest Restore(ManagedGuest holder, XenHost xen, string stem, int controlPages)
    {
        StoredCheckpoint stored = parts.Checkpoints.FindStem(stem) ?? throw CheckpointProblems.NotFound(StoredCheckpoint.NameOf(stem)!);
        using SafeFileHandle file = parts.Checkpoints.Open(stored);
        (_, long offset) = CheckpointFile.Verify(file, stored.Name);
        return restorer.Restore(holder.Record with { ControlPages = controlPages }, xen, file, offset, null);
    }

    private void Attach(ManagedGuest holder, Life life, uint consoleIndex)
    {
        using SafeFileHandle log = parts.Logs.BeginLife(holder.Id, life.Domain, consoleIndex);
        Task<IoResult> attached = parts.Plane.AttachShell(holder, life, log);
        if (!attached.Wait(AttachPatience) || !attached.Result.Succeeded)
        {
            throw Problems.DataPlaneUnavailable(null, "it has not attached a shell");
        }
    }

    private void End(ManagedGuest holder, Life? life, XenHost xen)
    {
        if (life is not null)
        {
            _ = parts.Plane.BeginDetach(holder, life);
            if (xen.Has(life.Domain, holder.Id))
            {
                xen.Destroy(life.Domain);
            }
        }

        Forget(holder);
    }

    private void Forget(ManagedGuest holder)
    {
        parts.Records.Delete([holder]);
        parts.Logs.Delete(holder.Id);
    }
}
