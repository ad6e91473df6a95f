# Dot-sourced in BeforeAll of tests between two labs: a second lab, and a bridge br0 on the wire between both.

$script:CheckoutRoot = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
$script:LabTool = "$CheckoutRoot/out/lab-tool/lightvm-lab"

# Runs a script in the dom0 of a lab ('default', 'second'), gives its output lines.
function Invoke-Lab([string] $Lab, [string] $Script) {
    $lines = & $script:LabTool exec --root $script:CheckoutRoot --name $Lab -- bash -c $Script
    if ($LASTEXITCODE -ne 0) { throw "in lab $Lab, '$Script' ended with exit code $LASTEXITCODE" }
    $lines
}

# Puts eth1, which leads to the other lab, into a bridge of the host's own.
function Join-Wire([string] $Lab, [string] $Address) {
    $null = Invoke-Lab $Lab ('ip link show br0 >/dev/null 2>&1 || ip link add br0 type bridge; ' +
        "ip link set eth1 master br0; ip link set eth1 up; ip link set br0 up; ip addr replace $Address/24 dev br0")
}

# A DHCP server on the bridge of a lab, for the guests on it.
function Start-Dhcp([string] $Lab) {
    $null = Invoke-Lab $Lab ('mkdir -p /run/wire; printf "start 10.99.0.100\nend 10.99.0.200\ninterface br0\noption subnet 255.255.255.0\noption lease 86400\nauto_time 1\n' +
        'lease_file /run/wire/leases\npidfile /run/wire/pid\n" > /run/wire/conf; : > /run/wire/leases; busybox udhcpd -S /run/wire/conf')
}

function Stop-Dhcp([string] $Lab) { $null = Invoke-Lab $Lab 'kill $(cat /run/wire/pid)' }

# The address that a MAC has got, as the lab's own kernel finds it.
function Find-Address([string] $Lab, [string] $Mac) {
    foreach ($line in Invoke-Lab $Lab 'busybox dumpleases -f /run/wire/leases 2>/dev/null || true') {
        if ($line -match "$Mac\s+(10\.99\.0\.\d+)") { return $Matches[1] }
    }
}

# Domains of a lab but dom0, by their ids' guests.
function Get-LabDomain([string] $Lab) {
    @(Invoke-Lab $Lab '/mnt/out/native/lab/xen-domains') | ForEach-Object {
        $fields = $_ -split '\s+'
        [PSCustomObject]@{ DomainId = [int] $fields[0]; Uuid = $fields[1]; Flags = [int] $fields[2] }
    }
}
