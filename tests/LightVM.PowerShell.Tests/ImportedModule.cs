using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace LightVM.PowerShell.Tests;

/// <summary>The module as it is packaged, imported into a runspace of this process.</summary>
public sealed class ImportedModule : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-module-").FullName;

    public ImportedModule()
    {
        File.Copy(Path.Combine(Checkout, "LightVM.psd1"), Manifest);
        string module = Directory.CreateDirectory(Path.Combine(directory, "module")).FullName;
        foreach (string file in Directory.GetFiles(Path.Combine(Checkout, "module")))
        {
            File.Copy(file, Path.Combine(module, Path.GetFileName(file)));
        }

        string bin = Directory.CreateDirectory(Path.Combine(module, "bin")).FullName;
        foreach (string name in new[] { "LightVM.Contracts", "LightVM.Client", "LightVM.Lab", "LightVM.Reconcile", "LightVM.Tinyx", "LightVM.PowerShell", "YamlDotNet" })
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, name + ".dll"), Path.Combine(bin, name + ".dll"));
        }

        Runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        Runspace.Open();
        Run($"Import-Module '{Manifest}'");
    }

    public static string Checkout { get; } = typeof(ImportedModule).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "Checkout").Value!;

    public Runspace Runspace { get; }

    public string Manifest => Path.Combine(directory, "LightVM.psd1");

    public IReadOnlyList<CmdletInfo> Cmdlets =>
        [.. Run("Get-Command -Module LightVM").Select(o => (CmdletInfo)o.BaseObject)];

    /// <summary>Its output; an error is an exception.</summary>
    public IReadOnlyList<PSObject> Run(string script)
    {
        using var shell = System.Management.Automation.PowerShell.Create(Runspace);
        var output = shell.AddScript(script).Invoke();
        return shell.Streams.Error.Count == 0 ? output : throw shell.Streams.Error[0].Exception;
    }

    /// <summary>What went to the error stream.</summary>
    public IReadOnlyList<ErrorRecord> ErrorsOf(string script)
    {
        using var shell = System.Management.Automation.PowerShell.Create(Runspace);
        try
        {
            shell.AddScript(script).Invoke();
        }
        catch (RuntimeException e)
        {
            return [e.ErrorRecord];
        }

        return [.. shell.Streams.Error];
    }

    public void Dispose()
    {
        Runspace.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
