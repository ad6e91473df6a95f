using System.Globalization;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>What adding and removing devices of running guests have in common. The caller holds the guest's gate.</summary>
internal sealed class HotPlug(ToolstackParts parts)
{
    /// <summary>NOXS_STEP_MS of noxs.h: what lightvm-io gives a guest to let go.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Patience = Step + TimeSpan.FromSeconds(5);

    /// <summary>The life whose devices lightvm-io holds, and is ready to change; null: there is none, only the definition changes.</summary>
    /// <exception cref="LightVMException">DataPlaneUnavailable.</exception>
    public async Task<Life?> LifeAsync(ManagedGuest guest)
    {
        if (guest.Life is not { WantsAttached: true } life)
        {
            return guest.Record.State != GuestState.Saved ? null : throw Problems.InvalidState(
                guest.Name, $"Guest '{guest.Name}' is saved: its memory knows the devices that it has.", "Restore it, or give its memory up with Stop-LightVM, first.");
        }

        await parts.Plane.RequireAsync(guest.Name).ConfigureAwait(false);
        if (!await parts.Plane.WaitSyncedAsync(parts.Options.DataPlaneTimeout).ConfigureAwait(false))
        {
            throw Problems.DataPlaneUnavailable(guest.Name, "it is being told of the guests that there are");
        }

        return life;
    }

    /// <summary>The slot of one device more.</summary>
    /// <exception cref="LightVMException">InvalidArgument, InvalidState: there is none.</exception>
    public static int NextSlot(GuestRecord record, Life? life)
    {
        DeviceRules.CheckCount(record.Name, DeviceSlots.Count(record) + 1);
        int slot = DeviceSlots.FreeSlot(record);
        if (life is { StoreEventChannel: 0 } && slot >= record.ControlPages)
        {
            throw Problems.InvalidState(
                record.Name,
                $"Guest '{record.Name}' has no room for one device more while it runs: that is made at its start, for {DeviceSlots.Spares} beside those that it has then.",
                "Stop it, add the device, and start it.");
        }

        return slot;
    }

    /// <summary>Waits for lightvm-io's answer to an addition or change.</summary>
    /// <param name="takeBack">Asks lightvm-io to undo it, for when it does not answer in time, and may do it later.</param>
    /// <returns>False: the guest has ended meanwhile, only the definition changes.</returns>
    /// <exception cref="LightVMException">DataPlaneUnavailable: the device is not there.</exception>
    public static async Task<bool> AddedAsync(ManagedGuest guest, Life life, Task<IoResult> answer, string what, Action takeBack)
    {
        IoResult result = await WaitAsync(guest, answer, takeBack, null).ConfigureAwait(false);
        if (result.Succeeded)
        {
            return true;
        }

        return HasEnded(life, result) ? false : throw Refused(guest, what, result);
    }

    /// <summary>Takes an addition back that was given up. Nobody waits for that: if the connection is lost meanwhile, the next one agrees.</summary>
    public void TakeBack(ManagedGuest guest, Life life, DeviceKey device)
    {
        _ = parts.Plane.Devices.RemoveAsync(guest, life, device, force: true);
        life.Devices.Forget(device);
    }

    /// <summary>Has a running guest let go of a device.</summary>
    /// <exception cref="LightVMException">DeviceTimeout: it still has it. DataPlaneUnavailable.</exception>
    public async Task RemoveAsync(ManagedGuest guest, Life life, DeviceKey device, string what, bool force)
    {
        // Given up, the guest still has the device by its record, and gets it again where it was taken all the same.
        Task<IoResult> answer = parts.Plane.Devices.RemoveAsync(guest, life, device, force);
        IoResult result = await WaitAsync(guest, answer, null, () => parts.Plane.Devices.Agree(guest, life)).ConfigureAwait(false);
        if (result is { Answered: true, ErrorNumber: Errno.ETIMEDOUT })
        {
            throw new LightVMException(
                ErrorCodes.DeviceTimeout,
                string.Create(CultureInfo.InvariantCulture, $"Guest '{guest.Name}' did not let go of {what} within {Step.TotalSeconds:0} s, and still has it."),
                guest.Name,
                "End its use in the guest and try again, or take it away with -Force, which the guest sees as a failed device.");
        }

        if (!result.Succeeded && result is not { Answered: true, ErrorNumber: Errno.ENODEV } && !HasEnded(life, result))
        {
            throw Refused(guest, what, result);
        }

        life.Devices.Forget(device);
    }

    private static bool HasEnded(Life life, IoResult result) => result is { Answered: true, ErrorNumber: Errno.ENOENT } && !life.WantsAttached;

    private static async Task<IoResult> WaitAsync(ManagedGuest guest, Task<IoResult> answer, Action? takeBack, Action? late)
    {
        try
        {
            return await BoundedAnswer.WaitAsync(answer, Patience, takeBack, late).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw Problems.DataPlaneUnavailable(guest.Name, "it does not answer");
        }
    }

    private static LightVMException Refused(ManagedGuest guest, string what, IoResult result) => result.Answered
        ? new LightVMException(
            ErrorCodes.DataPlaneUnavailable,
            $"Guest '{guest.Name}': lightvm-io refuses {what} (step '{result.Step}', errno {result.ErrorNumber}).",
            guest.Name,
            "See 'journalctl -u lightvm-io' on the host.")
        : Problems.DataPlaneUnavailable(guest.Name, "the connection was lost meanwhile");
}
