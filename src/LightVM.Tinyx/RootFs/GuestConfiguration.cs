using System.Text;

namespace LightVM.Tinyx;

/// <summary>What tells a guest's init what to run.</summary>
internal static class GuestConfiguration
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const int Executable = 0b111_101_101;

    /// <summary>What the guest's init reads, and init itself.</summary>
    /// <param name="root">Where it goes.</param>
    /// <param name="recipe">Command, environment and the rest.</param>
    /// <param name="runAs">user:group, or empty.</param>
    /// <param name="shell">The path of the shell that is there.</param>
    public static void Add(RootTree root, Recipe recipe, string runAs, string shell)
    {
        var environment = new StringBuilder($"export PATH={DefaultPath} HOME=/\n");
        foreach ((string name, string value) in recipe.Environment.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            environment.Append("export ").Append(name).Append('=').Append(Quote(value)).Append('\n');
        }

        string configuration = $"""
            COMMAND={Quote(recipe.Command)}
            RUN_AS={Quote(runAs)}
            DIRECTORY={Quote(recipe.WorkingDirectory)}
            ON_EXIT={(recipe.RestartCommand ? "restart" : "poweroff")}
            SH={shell}

            """;
        PutText("etc/tinyx.conf", configuration);
        PutText("etc/tinyx.env", environment.ToString());
        PutText("etc/hostname", recipe.Name + "\n");
        PutText("etc/hosts", $"127.0.0.1 localhost {recipe.Name}\n::1 localhost\n");
        PutText("init", DataFiles.Read("init.sh").Replace("#!/bin/sh", "#!" + shell, StringComparison.Ordinal), Executable);
        PutText("usr/lib/tinyx/udhcpc", DataFiles.Read("udhcpc.sh").Replace("#!/bin/sh", "#!" + shell, StringComparison.Ordinal), Executable);

        void PutText(string path, string text, int permissions = 0b110_100_100) =>
            root.Put(root.ThroughLinks(path), RootEntry.File(Encoding.UTF8.GetBytes(text), permissions));
    }

    /// <summary>As one word of a shell.</summary>
    public static string Quote(string text) => "'" + text.Replace("'", @"'\''", StringComparison.Ordinal) + "'";
}
