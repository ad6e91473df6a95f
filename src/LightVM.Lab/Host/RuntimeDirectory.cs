namespace LightVM.Lab.Host;

/// <summary>
/// A short private directory for what may not lie deep in a checkout: a unix socket's path is limited to 108 bytes.
/// </summary>
internal static class RuntimeDirectory
{
    /// <summary>Makes it, or checks that the one found there is ours alone.</summary>
    public static async Task<string> CreateAsync(string id, CancellationToken cancellation)
    {
        var user = Environment.IsPrivilegedProcess ? "" : "-" + Environment.UserName;
        var parent = (Environment.IsPrivilegedProcess ? "/run" : "/tmp") + "/lightvm-lab" + user;
        const UnixFileMode ours = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(parent, ours);

        // In /tmp someone else may have made it first: owner, mode and type, without following a link.
        var stat = await Command.RequireAsync("stat", ["-c", "%u %a %F", parent], TimeSpan.FromSeconds(10), cancellation)
            .ConfigureAwait(false);
        var me = await Command.RequireAsync("id", ["-u"], TimeSpan.FromSeconds(10), cancellation).ConfigureAwait(false);
        if (stat.Trim() != $"{me.Trim()} 700 directory")
        {
            throw new LabException($"{parent} is not a directory of yours with mode 700 ({stat.Trim()}): remove it and try again.");
        }

        var directory = Path.Combine(parent, id);
        Directory.CreateDirectory(directory, ours);
        return directory;
    }
}
