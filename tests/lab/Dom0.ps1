# Dot-sourced in BeforeAll of the tests that look behind the cmdlets, into the lab's dom0.

$script:CheckoutRoot = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
$script:LabTool = "$CheckoutRoot/out/lab-tool/lightvm-lab"
$script:LabName = if ($env:LIGHTVM_LAB) { $env:LIGHTVM_LAB } else { 'default' }

# Runs a command in dom0, gives its output lines; a non-zero exit code is an error.
function Invoke-Dom0 {
    $lines = & $script:LabTool exec --root $script:CheckoutRoot --name $script:LabName -- @args
    if ($LASTEXITCODE -ne 0) { throw "in dom0, '$args' ended with exit code $LASTEXITCODE" }
    $lines
}

function Invoke-Dom0Script([string] $Script) { Invoke-Dom0 bash -c $Script }

# Tries until the block gives something true; the block's last value, or an error that says what was waited for.
function Wait-Until([string] $What, [scriptblock] $Block, [int] $Seconds = 60) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while ($clock.Elapsed.TotalSeconds -lt $Seconds) {
        $value = & $Block
        if ($value) { return $value }
        $null = [Threading.Thread]::CurrentThread.Join(200)
    }
    throw "waited $Seconds s for: $What"
}

# How often Xen has seen a guest die of exceptions within exceptions.
function Get-TripleFault { [int](Invoke-Dom0Script 'xl dmesg | grep -c "Triple fault" || true') }

# Has a guest started by a block that throws if it cannot. Where AMD's virtualisation is emulated, with two processors, a PVH guest
# may die by itself while it boots: a start that Xen says was cut off in that way is tried again, and no other.
function Invoke-Start([scriptblock] $Start) {
    foreach ($try in 1..5) {
        $deaths = Get-TripleFault
        try { return & $Start } catch { if ($try -eq 5 -or (Get-TripleFault) -eq $deaths) { throw } }
    }
}

# The domains of the host but dom0, whoever made them: lines of domid, uuid, flags, bytes.
function Get-XenDomain { Invoke-Dom0 /mnt/out/native/lab/xen-domains }

# What a host holds for guests: to be compared before and after.
function Get-HostResidue {
    $io = Invoke-Dom0 systemctl show -p MainPID --value lightvm-io
    [PSCustomObject]@{
        Domains       = @(Get-XenDomain).Count
        IoDescriptors = [int](Invoke-Dom0Script "ls /proc/$io/fd | wc -l")
        IoGrantMaps   = [int](Invoke-Dom0Script "grep -c gntdev /proc/$io/maps || true")
        # But for its pool of handles of Xen, which are as many as were ever needed at once, and for console logs that are made ahead,
        # which hold nothing yet.
        DaemonFiles   = [int](Invoke-Dom0Script ('fds=/proc/$(systemctl show -p MainPID --value lightvmd)/fd; ' +
                'echo $(($(ls -l $fds | grep -vc /dev/xen/) - $(find $fds -lname "/run/lightvm/console/*" -exec stat -Lc %b {} + 2>/dev/null | grep -c "^0$")))'))
        ConsoleLogs   = [int](Invoke-Dom0Script 'find /run/lightvm/console -type f -printf "%b\n" 2>/dev/null | grep -vc "^0$"; true')
        EventChannels = [int](Invoke-Dom0Script '/usr/lib/xen-4.17/bin/lsevtchn 0 2>/dev/null | grep -c "Interdomain" || true')
    }
}

# Waits until a host holds no more than it did before; what it still holds too much is named. Descriptors may differ by two,
# since connections come and go.
function Assert-NothingLeft($Before, [scriptblock] $Measure) {
    $script:tooMuch = ''
    try {
        $null = Wait-Until 'what was held to be given back' {
            $after = & $Measure
            $script:tooMuch = @(foreach ($property in $Before.PSObject.Properties) {
                $slack = if ($property.Name -in 'DaemonFiles', 'IoDescriptors') { 2 } else { 0 }
                if ($after.($property.Name) -gt $property.Value + $slack) { "$($property.Name): $($after.($property.Name)), before $($property.Value)" }
            }) -join '; '
            $script:tooMuch -eq ''
        }
    } catch {
        throw "$_ ($script:tooMuch)"
    }
}

# The numbers N of the lines "tick N" (or "burst N") that a guest's console holds, in order.
function Get-ConsoleNumber([string] $Name, [string] $Word = 'tick') {
    Receive-LightVMConsole -Name $Name | ForEach-Object { if ($_ -match "^$Word (\d+)`$") { [int] $Matches[1] } }
}
