using System.Text.Json;

namespace LightVM.Lab;

/// <summary>Reads and writes state.json.</summary>
internal static class LabStateFile
{
    /// <summary>The lab of that file if its QEMU still runs; null if there is none, if it has ended, or if the file is damaged.</summary>
    public static LabState? ReadLive(string path) => Read(path) is { IsAlive: true } state ? state : null;

    /// <summary>The file's content whether or not that lab still runs; null if absent or damaged.</summary>
    public static LabState? Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, LabJson.Default.LabState);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces the file in one step, so that a reader never sees half of it.</summary>
    public static void Write(string path, LabState state)
    {
        var next = path + ".new";
        File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(state, LabJson.Default.LabState));
        File.Move(next, path, overwrite: true);
    }
}
