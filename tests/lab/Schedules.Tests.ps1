# A fleet that systemd looks after: a real timer in dom0, which runs lightvm (or pwsh) there. Core cmdlets, the language and .NET only.
Describe 'A reconcile job' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello"
        Get-LightVM 'job-*' | Remove-LightVM -Confirm:$false
        $null = Invoke-Dom0Script "mkdir -p /run/lightvm-jobs; cat > /run/lightvm-jobs/fleet.yaml <<'END'
apiVersion: lightvm/v1
kind: Fleet
metadata: { name: pester-job }
guests:
  - { name: job, image: hello, replicas: 2 }
END"

        # Runs a command of the module in dom0, and gives its lines. One run takes seconds there: PowerShell has to start.
        function Invoke-Session([string] $Command) {
            $text = "$Command".Replace("'", "'\''")
            Invoke-Dom0Script "cd /run/lightvm-jobs && LIGHTVM_MODULE=$CheckoutRoot/LightVM.psd1 $CheckoutRoot/out/shell/lightvm -NonInteractive -Command '$text' 2>&1"
        }
        function Get-Fact([string] $Property) {
            $value = Invoke-Dom0 systemctl show --value -p $Property lightvm-reconcile-pester.service
            "$value"
        }
    }
    AfterAll {
        $null = Invoke-Dom0Script 'systemctl disable --now lightvm-reconcile-pester.timer; rm -rf /etc/systemd/system/lightvm-reconcile-pester.* /run/lightvm-jobs; systemctl daemon-reload; true'
        Get-LightVM 'job-*' | Remove-LightVM -Confirm:$false
    }

    It 'runs as soon as it is registered, and again' {
        Invoke-Session 'Register-LightVMReconcileJob pester fleet.yaml -Interval 0:0:10 -RetryCount 1 | ForEach-Object { "$($_.Name) $($_.SpecPath) $($_.RetryCount)" }' |
            Should -BeExactly 'pester /run/lightvm-jobs/fleet.yaml 1'
        $null = Wait-Until 'the first run' { @(Get-LightVM 'job-*').Count -eq 2 } 240
        $first = Wait-Until 'its end' { if ((Get-Fact ActiveState) -eq 'inactive' -and (Get-Fact Result) -eq 'success') { Get-Fact InvocationID } } 240
        (Get-LightVM job-1).Fleet | Should -BeExactly pester-job
        (Get-LightVMRevision pester-job)[0].Actor | Should -Match root
        Remove-LightVM job-2 -Confirm:$false
        $null = Wait-Until 'the next run' { @(Get-LightVM 'job-*').Count -eq 2 } 240
        Get-Fact InvocationID | Should -Not -Be $first
    }

    It 'tells what it did in the journal' {
        [string]::Join(' ', @(Invoke-Dom0 journalctl -u lightvm-reconcile-pester -o cat --no-pager)) | Should -Match 'job-2'
        # And not what the engine would say of a module's whole text.
        Invoke-Dom0Script 'journalctl -o cat --no-pager | grep -c "Creating Scriptblock" || true' | Should -BeExactly '0'
    }

    It 'is shown, suspended, kept to its window, tried again, and removed' {
        Remove-LightVM job-2 -Confirm:$false
        $never = [DateTime]::Now.AddHours(12).ToString('HH:00') + '-' + [DateTime]::Now.AddHours(13).ToString('HH:00')
        # One session for all: PowerShell takes long to start there.
        $lines = Invoke-Session ('$job = Get-LightVMReconcileJob; "shown $($job.Name) $($job.Interval) $($null -ne $job.LastRunTime)"; ' +
            '$job | Register-LightVMReconcileJob -Suspended | ForEach-Object { "suspended $($_.Interval) $($_.IsSuspended)" }; ' +
            "`$null = Register-LightVMReconcileJob pester fleet.yaml -Suspended -MaintenanceWindow $never; Invoke-LightVMReconcileJob pester -InformationAction Continue; " +
            "`$null = Register-LightVMReconcileJob pester fleet.yaml -Suspended -RetryDelay 0:0:1 -RetryCount 1 -HostName unix:/nowhere.sock; Invoke-LightVMReconcileJob pester; " +
            'try { Register-LightVMReconcileJob pester none.yaml } catch { "$_" }; ' +
            'Unregister-LightVMReconcileJob pester; Unregister-LightVMReconcileJob pes*; Get-LightVMReconcileJob pester; exit 0')
        $all = [string]::Join("`n", $lines)
        $all | Should -Match '(?m)^shown pester 00:00:10 True$'
        $all | Should -Match '(?m)^suspended 00:00:10 True$'
        $all | Should -Match "does nothing now: its maintenance window is $never"
        $all | Should -Match 'failed and is tried again in 1 s'
        $all | Should -Match 'No lightvmd runs on this machine|nowhere.sock'
        $all | Should -Match "There is no spec file '/run/lightvm-jobs/none.yaml'"
        $all | Should -Match "This machine has no reconcile job 'pester'"
        Invoke-Dom0Script 'systemctl is-active lightvm-reconcile-pester.timer || true' | Should -BeExactly inactive
        Invoke-Dom0Script 'ls /etc/systemd/system/lightvm-reconcile-* 2>/dev/null || true' | Should -BeNullOrEmpty
    }
}
