using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace LightVM.PowerShell;

/// <summary>Called by PowerShell when the module is removed from a session: closes what runs in its background.</summary>
public sealed class ModuleCleanup : IModuleAssemblyCleanup
{
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        if (Runspace.DefaultRunspace is { } runspace)
        {
            PortRegistry.CloseAll(runspace);
        }
    }
}
