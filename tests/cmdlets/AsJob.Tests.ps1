# -AsJob: what takes long runs on while the session does, and is received as any other job.
BeforeAll {
    Import-Module "$PSScriptRoot/../../LightVM.psd1"
    . "$PSScriptRoot/../lab/Dom0.ps1"
    $null = Start-LightVMLab
    $null = Import-LightVMImage "$CheckoutRoot/out/images/hello"
    $null = New-LightVM aj-a, aj-b -Image hello
}

AfterAll {
    Get-Job | Where-Object PSJobTypeName -eq LightVMJob | Remove-Job -Force
    Get-LightVMCheckpoint 'aj-*' | Remove-LightVMCheckpoint -Confirm:$false
    Get-LightVM 'aj-*' | Remove-LightVM -Confirm:$false
}

Describe 'Save-LightVM -AsJob' -Tag Lab {
    It 'saves the guests of the pipeline in one job, whose output is the checkpoints' {
        $job = @(Get-LightVM 'aj-*' | Save-LightVM -AsJob -PassThru)
        $job | Should -HaveCount 1
        $job[0].PSJobTypeName | Should -BeExactly LightVMJob
        $job[0].Command | Should -BeLike '*Save-LightVM -AsJob -PassThru*'
        (Wait-Job $job -Timeout 120).State | Should -Be Completed
        $checkpoints = @(Receive-Job $job)
        foreach ($name in 'aj-a', 'aj-b') { @($checkpoints | Where-Object GuestName -eq $name) | Should -HaveCount 1 }
        @(Get-LightVM 'aj-*' | Where-Object State -ne Saved) | Should -HaveCount 0
        $job[0].HasMoreData | Should -BeFalse
        Start-LightVM aj-a, aj-b
    }

    It 'has errors in the job, not in the session' {
        $null = Suspend-LightVM aj-a
        $job = Save-LightVM aj-a -AsJob -Force
        $null = Wait-Job $job -Timeout 120
        $problems = @()
        $null = Receive-Job $job -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'InvalidState,*'
        Resume-LightVM aj-a
        (Get-LightVM aj-a).State | Should -Be Running
    }

    It 'does not begin a job for what cannot be' {
        { Save-LightVM aj-a, aj-b -CheckpointName one -AsJob } | Should -Throw -ErrorId 'InvalidArgument,*'
        { Save-LightVM aj-none -AsJob -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,*'
    }

    It 'is where the session is: paths mean the same' {
        $paths = $ExecutionContext.SessionState.Path
        $before = $paths.CurrentLocation.Path
        $null = $paths.SetLocation("$TestDrive")
        try {
            $job = Save-LightVM aj-b -Path b.lvmck -AsJob
            (Wait-Job $job -Timeout 120).State | Should -Be Completed
            Receive-Job $job
        } finally { $null = $paths.SetLocation($before) }
        [System.IO.File]::Exists([System.IO.Path]::Combine($TestDrive, 'b.lvmck')) | Should -BeTrue
    }
}

Describe 'Build-TinyxImage -AsJob' -Tag Lab {
    It 'fails as a job with the error that it would have had' {
        $job = Build-TinyxImage -Path /bin/none-such -Command none-such -OutputDirectory "$TestDrive/none" -Name aj-none -Test { $true } -AsJob
        (Wait-Job $job -Timeout 120).State | Should -Be Failed
        $problems = @()
        $null = Receive-Job $job -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems[0].FullyQualifiedErrorId | Should -Not -BeNullOrEmpty
        "$($problems[0])" | Should -BeLike '*/bin/none-such*'
    }
}
