# LightVMGuest and LightVMFleet, for DSC's adapter of class-based resources and for PSDesiredStateConfiguration. Where the command-based
# resources of lightvm-dsc are on PATH, those are faster: no PowerShell starts for each of them. docs/dsc.md tells of both.

# The cmdlets' assembly is in a load context of its own, so its types have no name here.
function Get-LightVMDscType { (Get-Command Get-LightVM).ImplementingType.Assembly.GetType('LightVM.PowerShell.DscInstances') }

# A guest that is there, as its properties say, and runs. What is not set stays as it is.
[DscResource()]
class LightVMGuest {
    [DscProperty(Key)] [string] $Name
    [DscProperty()] [string] $HostName
    [DscProperty()] [ValidateSet('Present', 'Absent')] [string] $Ensure = 'Present'
    [DscProperty()] [string] $Image
    [DscProperty()] [string] $Memory
    [DscProperty()] [Nullable[int]] $VCpuCount
    [DscProperty()] [string] $RestartPolicy
    [DscProperty()] [hashtable] $Labels
    [DscProperty()] [string] $CommandLine
    [DscProperty()] [string[]] $Arguments
    [DscProperty()] [hashtable] $Environment
    [DscProperty()] [string] $Network
    [DscProperty()] [string[]] $Publish
    [DscProperty(NotConfigurable)] [string] $State
    [DscProperty(NotConfigurable)] [string] $Address
    [DscProperty(NotConfigurable)] [string] $Fleet

    [LightVMGuest] Get() {
        $found = (Get-LightVMDscType)::Get('guest', $this.Properties())
        $guest = [LightVMGuest]::Of($found)
        $guest.HostName = $this.HostName
        return $guest
    }

    [bool] Test() { return (Get-LightVMDscType)::Test('guest', $this.Properties()) }

    [void] Set() { (Get-LightVMDscType)::Set('guest', $this.Properties()) }

    static [LightVMGuest[]] Export() {
        $guests = foreach ($found in (Get-LightVMDscType)::Export('guest')) { [LightVMGuest]::Of($found) }
        return @($guests)
    }

    hidden [hashtable] Properties() {
        return @{
            name = $this.Name; host = $this.HostName; _exist = $this.Ensure -ne 'Absent'; image = $this.Image; memory = $this.Memory; vcpus = $this.VCpuCount
            restartPolicy = $this.RestartPolicy; labels = $this.Labels; commandLine = $this.CommandLine; arguments = $this.Arguments
            environment = $this.Environment; network = $this.Network; publish = $this.Publish
        }
    }

    hidden static [LightVMGuest] Of([hashtable] $found) {
        $guest = [LightVMGuest]::new()
        $guest.Name = $found.name
        if (-not $found._exist) { $guest.Ensure = 'Absent'; return $guest }
        $guest.Image = $found.image
        $guest.Memory = $found.memory
        $guest.VCpuCount = $found.vcpus
        $guest.RestartPolicy = $found.restartPolicy
        $guest.Labels = $found.labels
        $guest.CommandLine = $found.commandLine
        $guest.Arguments = $found.arguments
        $guest.Environment = $found.environment
        $guest.Network = if (@($found.adapters).Count -eq 1) { $found.adapters[0].network }
        $guest.Publish = $found.publish
        $guest.State = $found.state
        $guest.Address = $found.address
        $guest.Fleet = $found.fleet
        return $guest
    }
}

# All that a spec file says.
[DscResource()]
class LightVMFleet {
    [DscProperty(Key)] [string] $Name
    [DscProperty()] [string] $HostName
    [DscProperty()] [ValidateSet('Present', 'Absent')] [string] $Ensure = 'Present'
    [DscProperty()] [string] $Path
    [DscProperty()] [bool] $NoPrune
    [DscProperty(NotConfigurable)] [string[]] $Guests
    [DscProperty(NotConfigurable)] [Nullable[int]] $Revision

    [LightVMFleet] Get() {
        $found = (Get-LightVMDscType)::Get('fleet', $this.Properties())
        $fleetFound = [LightVMFleet]::new()
        $fleetFound.Name = $this.Name
        $fleetFound.HostName = $this.HostName
        $fleetFound.Path = $this.Path
        if (-not $found._exist) { $fleetFound.Ensure = 'Absent'; return $fleetFound }
        $fleetFound.Guests = $found.guests
        $fleetFound.Revision = $found.revision
        return $fleetFound
    }

    [bool] Test() { return (Get-LightVMDscType)::Test('fleet', $this.Properties()) }

    [void] Set() { (Get-LightVMDscType)::Set('fleet', $this.Properties()) }

    hidden [hashtable] Properties() {
        return @{ name = $this.Name; host = $this.HostName; _exist = $this.Ensure -ne 'Absent'; path = $this.Path; noPrune = $this.NoPrune }
    }
}

Export-ModuleMember
