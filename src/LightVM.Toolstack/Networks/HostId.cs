namespace LightVM.Toolstack;

/// <summary>What stays with a host: systemd's machine id.</summary>
internal static class HostId
{
    /// <summary>Where a host has none, one of the moment: what is derived from it is recorded, and so stays too.</summary>
    public static string Read(string path = "/etc/machine-id")
    {
        try
        {
            string text = File.ReadAllText(path).Trim();
            return text.Length > 0 ? text : Guid.NewGuid().ToString("N");
        }
        catch (IOException)
        {
            return Guid.NewGuid().ToString("N");
        }
    }
}
