# A host goes down and comes back; a host whose dom0 holds all memory. Each boots a lab of its own, beside the shared one.
Describe 'A host that shuts down and boots again' -Tag Lab, Boot {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $script:LabName = 'life'
        $null = & $LabTool up --root $CheckoutRoot --name life --memory 2GB --dom0-memory 1GB
        if ($LASTEXITCODE -ne 0) { throw 'the lab did not boot' }
        function Connect-Life { Connect-LightVMHost "ssh://lab?config=$CheckoutRoot/out/lab/life/ssh_config" }
        $null = Connect-Life
        $null = Import-LightVMImage -Path "$CheckoutRoot/out/images/hello"
    }
    AfterAll {
        Disconnect-LightVMHost "ssh://lab?config=$CheckoutRoot/out/lab/life/ssh_config"
        $null = & $LabTool down --root $CheckoutRoot --name life
        $script:LabName = 'default'
        $null = Start-LightVMLab
    }

    It 'stops its guests in order, within a limit, and starts those with restartPolicy always after the boot' {
        foreach ($n in 1..3) { $null = New-LightVM -Name "life-$n" -Image hello -Memory 4MB -RestartPolicy always }
        $null = New-LightVM -Name life-never -Image hello -Memory 4MB
        $null = New-LightVM -Name life-stopped -Image hello -Memory 4MB -RestartPolicy always
        Stop-LightVM -Name life-stopped

        $null = Invoke-Dom0Script 'systemctl stop lightvm-guests.service'
        @(Get-LightVM | Where-Object State -eq 'Running') | Should -HaveCount 0
        $stopped = @(Get-LightVMEvent -Kind GuestStopped | Where-Object Name -like 'life-?' | ForEach-Object { $_.Name })
        ($stopped[-3..-1] -join ' ') | Should -Be 'life-3 life-2 life-1'
        (@(Receive-LightVMConsole -Name life-1))[-1] | Should -Be 'Goodbye: the host asked for an end'

        # What outlives a power cut is the state directory; the lab's is a tmpfs, so it is carried over the boot by hand.
        $null = Invoke-Dom0Script 'systemctl stop lightvmd && tar -C /var/lib -cf /run/state.tar lightvm && base64 -w0 /run/state.tar > /run/state.b64'
        [IO.File]::WriteAllText("$CheckoutRoot/out/life-state.b64", (@(Invoke-Dom0 cat /run/state.b64) -join ''))
        $null = & $LabTool down --root $CheckoutRoot --name life
        $null = & $LabTool up --root $CheckoutRoot --name life --memory 2GB --dom0-memory 1GB
        $null = Invoke-Dom0Script ('systemctl stop lightvmd && rm -rf /var/lib/lightvm /run/lightvm/*journal* && ' +
            'base64 -d /mnt/out/life-state.b64 | tar -C /var/lib -x && systemctl start lightvmd')
        $null = Connect-Life

        $null = Wait-Until 'the guests with restartPolicy always' { @(Get-LightVM | Where-Object State -eq 'Running').Count -ge 3 }
        (@(Get-LightVM | Where-Object State -eq 'Running' | ForEach-Object { $_.Name }) -join ' ') | Should -Be 'life-1 life-2 life-3'
        (Get-LightVM -Name life-never).State | Should -Be 'Stopped'
        (Get-LightVM -Name life-stopped).State | Should -Be 'Stopped'
    }
}

Describe 'A host whose dom0 holds all the memory' -Tag Lab, Boot {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $script:LabName = 'ballooned'
        $null = & $LabTool up --root $CheckoutRoot --name ballooned --memory 3GB --dom0-memory none
        if ($LASTEXITCODE -ne 0) { throw 'the lab did not boot' }
        $null = Connect-LightVMHost "ssh://lab?config=$CheckoutRoot/out/lab/ballooned/ssh_config"
        $null = Import-LightVMImage -Path "$CheckoutRoot/out/images/noop"
    }
    AfterAll {
        Disconnect-LightVMHost "ssh://lab?config=$CheckoutRoot/out/lab/ballooned/ssh_config"
        $null = & $LabTool down --root $CheckoutRoot --name ballooned
        $script:LabName = 'default'
        $null = Start-LightVMLab
    }

    It 'gives memory up for guests' {
        $target = [long](Invoke-Dom0 cat /sys/devices/system/xen_memory/xen_memory0/target_kb)
        $guests = @(New-LightVM -Name balloon -Count 4 -Image noop -Memory 128MB)
        @($guests | Where-Object State -eq 'Running') | Should -HaveCount 4
        [long](Invoke-Dom0 cat /sys/devices/system/xen_memory/xen_memory0/target_kb) | Should -BeLessThan $target
        $guests | Remove-LightVM -Confirm:$false
    }

    It 'but not below the floor: what is too much is OutOfMemory, and leaves nothing' {
        $count = @(Get-XenDomain).Count
        { New-LightVM -Name balloon-big -Image noop -Memory 2900MB -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfMemory*'
        @(Get-XenDomain).Count | Should -Be $count
        @(Get-LightVM -Name 'balloon-big*') | Should -HaveCount 0
    }
}
