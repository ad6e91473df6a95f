@{
    RootModule           = 'module/LightVM.psm1'
    NestedModules        = @('module/LightVM.Dsc.psm1')
    DscResourcesToExport = @('LightVMFleet', 'LightVMGuest')
    ModuleVersion        = '0.1.0'
    GUID                 = 'b3b0f9e5-6f3e-4a0c-9d0e-6a3f4a5f7d21'
    Author               = 'The LightVM for PowerShell authors'
    CompanyName          = 'LightVM'
    Copyright            = 'The LightVM for PowerShell authors. MIT license.'
    Description          = 'Tiny virtual machines on stock Xen, as cheap as containers: cmdlets for hosts, images and guests, and fleets that are kept as YAML specs say.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('module/LightVM.format.ps1xml')
    TypesToProcess       = @('module/LightVM.types.ps1xml')
    FunctionsToExport    = @()
    CmdletsToExport      = @(
        'Add-LightVMDisk'
        'Add-LightVMNetworkAdapter'
        'Build-LightVMUnikernel'
        'Build-TinyxImage'
        'Close-LightVMPort'
        'Compare-LightVMSpec'
        'Connect-LightVMHost'
        'Copy-LightVM'
        'Disconnect-LightVMHost'
        'Enter-LightVMConsole'
        'Export-LightVMSpec'
        'Get-LightVM'
        'Get-LightVMCheckpoint'
        'Get-LightVMDisk'
        'Get-LightVMEvent'
        'Get-LightVMHost'
        'Get-LightVMImage'
        'Get-LightVMLab'
        'Get-LightVMNetwork'
        'Get-LightVMNetworkAdapter'
        'Get-LightVMPool'
        'Get-LightVMPort'
        'Get-LightVMReconcileJob'
        'Get-LightVMRevision'
        'Import-LightVMImage'
        'Install-LightVMHost'
        'Invoke-LightVMReconcile'
        'Invoke-LightVMReconcileJob'
        'Measure-LightVM'
        'Move-LightVM'
        'New-LightVM'
        'New-LightVMNetwork'
        'Open-LightVMPort'
        'Optimize-TinyxImage'
        'Receive-LightVMConsole'
        'Register-LightVMReconcileJob'
        'Remove-LightVM'
        'Remove-LightVMCheckpoint'
        'Remove-LightVMDisk'
        'Remove-LightVMImage'
        'Remove-LightVMNetwork'
        'Remove-LightVMNetworkAdapter'
        'Remove-LightVMPool'
        'Resolve-LightVMMove'
        'Restart-LightVM'
        'Restore-LightVM'
        'Resume-LightVM'
        'Save-LightVM'
        'Set-LightVM'
        'Set-LightVMNetwork'
        'Set-LightVMNetworkAdapter'
        'Set-LightVMPool'
        'Start-LightVM'
        'Start-LightVMLab'
        'Stop-LightVM'
        'Stop-LightVMLab'
        'Suspend-LightVM'
        'Test-LightVMDrift'
        'Test-LightVMSpec'
        'Undo-LightVMReconcile'
        'Unregister-LightVMReconcileJob'
        'Wait-LightVM'
    )
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags       = @('PSEdition_Core', 'Linux', 'VirtualMachine', 'Xen', 'Unikernel', 'Hypervisor', 'DesiredState')
            ReleaseNotes = 'See CHANGELOG.md.'
        }
    }
}
