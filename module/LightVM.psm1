# Loads the cmdlets. What scripts see (LightVM.Contracts) goes into PowerShell's own load context; all else into a private one,
# so that no other module's YamlDotNet, or an older one's, meets ours. Core cmdlets only: this also runs where pwsh is not installed.
$ErrorActionPreference = 'Stop'

$directory = $null
foreach ($candidate in @(
        # As packaged, then as built by ./build.sh in a checkout.
        [System.IO.Path]::Combine($PSScriptRoot, 'bin')
        [System.IO.Path]::Combine([System.IO.Path]::GetDirectoryName($PSScriptRoot), 'out', 'module')
    )) {
    if ([System.IO.File]::Exists([System.IO.Path]::Combine($candidate, 'LightVM.PowerShell.dll'))) {
        $directory = $candidate
        break
    }
}

if (-not $directory) {
    $root = [System.IO.Path]::GetDirectoryName($PSScriptRoot)
    throw "LightVM is not built: there is no LightVM.PowerShell.dll in $root/out/module. Run $root/build.sh build, then import the module again."
}

# A module that is imported again, or in another runspace, finds its assemblies where they are: connections belong to the process.
# Runspaces that import it at the same time take turns.
$cmdlets = $null
[System.Threading.Monitor]::Enter([System.Runtime.Loader.AssemblyLoadContext]::Default)
try {
    foreach ($context in [System.Runtime.Loader.AssemblyLoadContext]::All) {
        if ($context.Name -eq "LightVM $directory") {
            foreach ($assembly in $context.Assemblies) {
                if ($assembly.GetName().Name -eq 'LightVM.PowerShell') { $cmdlets = $assembly }
            }
        }
    }

    if (-not $cmdlets) {
        $null = [System.Reflection.Assembly]::LoadFrom([System.IO.Path]::Combine($directory, 'LightVM.Contracts.dll'))
        $context = [System.Runtime.Loader.AssemblyLoadContext]::new("LightVM $directory", $false)

        # All of them now: what is loaded there is found there, and no resolver (which would need a runspace) has to be.
        foreach ($name in 'YamlDotNet', 'LightVM.Client', 'LightVM.Reconcile', 'LightVM.Lab', 'LightVM.Tinyx', 'LightVM.PowerShell') {
            $cmdlets = $context.LoadFromAssemblyPath([System.IO.Path]::Combine($directory, "$name.dll"))
        }
    }
} finally {
    [System.Threading.Monitor]::Exit([System.Runtime.Loader.AssemblyLoadContext]::Default)
}

# After `Import-Module -Force` the engine still holds the cmdlets' module, and would hand it out without adding it to this one
# (PowerShell issue 20710): it has to be gone first.
foreach ($module in Get-Module -All) {
    if ($module.Path -eq $cmdlets.Location) { Remove-Module $module -Force }
}

Import-Module -Assembly $cmdlets

# What runs in the background of this session (forwarded ports) ends with the module. The engine asks no assembly of a nested module.
$cleanup = [Activator]::CreateInstance($cmdlets.GetType('LightVM.PowerShell.ModuleCleanup'))
$ExecutionContext.SessionState.Module.OnRemove = { $cleanup.OnRemove($null) }.GetNewClosure()
Export-ModuleMember -Cmdlet *
