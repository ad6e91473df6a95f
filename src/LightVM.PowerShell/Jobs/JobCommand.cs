namespace LightVM.PowerShell;

/// <summary>What a job's service runs: this module, in pwsh where it is, else in the lightvm host.</summary>
internal static class JobCommand
{
    private const string Manifest = "LightVM.psd1";

    /// <exception cref="LightVMException">FeatureMissing: neither program is here.</exception>
    public static IReadOnlyList<string> Of(ReconcileJob job)
    {
        string run = $"Invoke-LightVMReconcileJob -Name '{job.Name}'";
        string module = FindModule().Replace("'", "''", StringComparison.Ordinal);
        if (OnPath("pwsh") is { } pwsh)
        {
            return [pwsh, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", $"Import-Module '{module}'; {run}"];
        }

        string? lightvm = Path.GetFileName(Environment.ProcessPath) == "lightvm" ? Environment.ProcessPath : OnPath("lightvm") ?? InCheckout(module);
        return lightvm is null
            ? throw new LightVMException(
                ErrorCodes.FeatureMissing, "A reconcile job runs in pwsh or lightvm, and neither is on PATH.", job.Name, "Install PowerShell 7.6, or put lightvm on PATH.")
            : [lightvm, "-NoModule", "-NonInteractive", "-Command", $"Import-Module '{module}'; {run}"];
    }

    /// <summary>The manifest of the module that runs this.</summary>
    private static string FindModule()
    {
        for (DirectoryInfo? at = new FileInfo(typeof(JobCommand).Assembly.Location).Directory; at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, Manifest)))
            {
                return Path.Combine(at.FullName, Manifest);
            }
        }

        throw new LightVMException(ErrorCodes.FeatureMissing, $"{Manifest} is not above {typeof(JobCommand).Assembly.Location}.", null, "Install the module whole.");
    }

    private static string? InCheckout(string module)
    {
        string built = Path.Combine(Path.GetDirectoryName(module)!, "out/shell/lightvm");
        return File.Exists(built) ? built : null;
    }

    private static string? OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
}
