# What `./build.sh demo` runs, connected to the lab. Core cmdlets, the language and .NET only.
$ErrorActionPreference = 'Stop'
$spec = "$PSScriptRoot/quickstart.yaml"

function Say([string] $text) { [Console]::Out.WriteLine("`n$text") }

Say "PS> Invoke-LightVMReconcile specs/quickstart.yaml"
Invoke-LightVMReconcile -Path $spec | Out-Default

Say 'PS> Get-LightVM'
Get-LightVM | Out-Default

Say 'PS> Receive-LightVMConsole web-1'
$null = Wait-LightVM -Name web-1 -Console 'tick 2' -Timeout 60
Receive-LightVMConsole -Name web-1 -Tail 5 | Out-Default

Say 'From the request to the first event of each guest:'
Get-LightVM | ForEach-Object { [Console]::Out.WriteLine('  {0,-8} {1,8:n2} ms', $_.Name, $_.StartupTime.TotalMilliseconds) }

Say "PS> Invoke-LightVMReconcile specs/quickstart.yaml -IncludeUnchanged    # again"
$again = @(Invoke-LightVMReconcile -Path $spec -IncludeUnchanged)
$again | Out-Default
$changes = @($again | Where-Object Action -ne 'NoChange')
if ($changes.Count -ne 0) { throw "The second reconcile changed $($changes.Count) things." }
Say 'Nothing had to change.'
