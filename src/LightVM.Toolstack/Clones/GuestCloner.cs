using System.Diagnostics;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// Fills domains of new guests from another's saved memory, and lets them go on from there. The device page tells each that it is another
/// now. The caller holds the guest's gate. What fails leaves no domain.
/// </summary>
internal sealed class GuestCloner(ToolstackParts parts, GuestStarter starter, GuestRestorer restorer)
{
    private readonly PhaseTimings<RestorePhase> _timings = new("clones", parts.Options.Log);

    /// <summary>Starts one. Its record says Running then; nothing is saved.</summary>
    /// <exception cref="LightVMException">As <see cref="GuestRestorer.RestoreAsync"/>.</exception>
    public async Task StartAsync(ManagedGuest guest, CloneSource source, StartClock clock, SaveProgress? progress)
    {
        starter.Require(guest);
        await parts.Plane.RequireAsync(guest.Name).ConfigureAwait(false);
        Life? life = null;
        var phases = new PhaseClock<RestorePhase>();
        try
        {
            life = await Task.Run(() => Fill(guest, source, phases, progress)).ConfigureAwait(false);
            await starter.RequireDevicesAsync(guest, life).ConfigureAwait(false);
            phases.Mark(RestorePhase.Devices);
            StartOutcome outcome = await restorer.RunAsync(guest, life).ConfigureAwait(false);
            phases.Mark(RestorePhase.FirstEvent);
            _timings.Add(phases.Phases);
            guest.Update(record => starter.Running(record, life, Stopwatch.GetElapsedTime(clock.Begin, outcome.FirstEventTimestamp), isFilled: true));
        }
        catch (Exception e)
        {
            if (life is not null && guest.Life == life)
            {
                await starter.DestroyAsync(guest, life).ConfigureAwait(false);
            }

            parts.Resources.Unpublish(guest);
            guest.Update(record => record with { State = GuestState.Stopped, DomainId = null });
            throw GuestRestorer.Explain(e, guest.Name, source.Header.Name);
        }
    }

    private Life Fill(ManagedGuest guest, CloneSource source, PhaseClock<RestorePhase> phases, SaveProgress? progress)
    {
        using SafeFileHandle file = source.Open();
        return restorer.Launch(guest, file, source.MemoryOffset, phases, progress);
    }
}
