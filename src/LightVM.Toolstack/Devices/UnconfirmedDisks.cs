using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>Takes away the files of disks that were made for what no answer confirmed: at a start, before requests are served.</summary>
internal static class UnconfirmedDisks
{
    /// <summary>Whether a file stays: it is none that we made, or a guest that stays has it.</summary>
    /// <param name="kept">Disks of guests that stay.</param>
    /// <param name="look">What lies at a path; null: nothing.</param>
    public static bool Stays(DiskIntent intent, IEnumerable<DiskRecord> kept, Func<string, DiskFileInfo?> look) =>
        look(intent.Path) is not { } found || !intent.IsOf(found) ||
        kept.Any(disk => disk.Path == intent.Path || look(disk.Path)?.Identity == found.Identity);

    /// <param name="guests">All that are known, unconfirmed ones too.</param>
    /// <param name="log">Told of each file, and of what cannot be taken away.</param>
    /// <returns>The guests whose records are to be saved: nothing of theirs is left to be taken away.</returns>
    public static IReadOnlyList<ManagedGuest> TakeAway(IReadOnlyList<ManagedGuest> guests, Action<LogSeverity, string> log)
    {
        List<ManagedGuest> changed = [.. guests.Where(guest => guest.Record.DiskIntents.Count > 0)];
        if (changed.Count == 0)
        {
            return changed;
        }

        List<DiskRecord> kept = [.. guests.Where(guest => guest.Record.Confirmed).SelectMany(guest => guest.Record.Disks)];
        foreach (ManagedGuest guest in changed)
        {
            foreach (DiskIntent intent in guest.Record.DiskIntents.Where(intent => !IsLink(intent.Path) && !Stays(intent, kept, Look)))
            {
                try
                {
                    File.Delete(intent.Path);
                    log(LogSeverity.Information, $"'{intent.Path}', made as a disk of '{guest.Name}' by a request that was cut off, was taken away.");
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    log(LogSeverity.Error, $"'{intent.Path}', made as a disk of '{guest.Name}' by a request that was cut off, is left: {e.Message}");
                }
            }

            guest.Update(record => record with { DiskIntents = [] });
        }

        return changed;
    }

    /// <summary>None was made.</summary>
    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    private static DiskFileInfo? Look(string path)
    {
        try
        {
            return DiskFile.Look(path);
        }
        catch (XenException)
        {
            return null;
        }
    }
}
