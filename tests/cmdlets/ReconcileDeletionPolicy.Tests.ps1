# What becomes of guests that a spec no longer names: deletionPolicy.
BeforeAll {
    Import-Module "$PSScriptRoot/../../LightVM.psd1"
    $null = Start-LightVMLab
    $images = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../out/images")

    function Set-Fleet([string] $Guests) {
        $path = [System.IO.Path]::Combine($TestDrive, 'policy.yaml')
        [System.IO.File]::WriteAllText($path, "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: pester-policy }`n" +
            "images:`n  - { name: hello, path: '$images/hello' }`nguests: $Guests`n")
        $path
    }
}

AfterAll {
    $null = Invoke-LightVMReconcile (Set-Fleet '[]') -AllowEmpty
    Get-LightVM 'rdp-*' | Remove-LightVM -Confirm:$false
    Get-LightVMCheckpoint 'rdp-*' | Remove-LightVMCheckpoint -Confirm:$false
}

Describe 'deletionPolicy' -Tag Lab {
    It 'deletes, keeps or saves guests that the spec no longer names' {
        $null = Invoke-LightVMReconcile (Set-Fleet ('[ { name: rdp-delete, image: hello }, { name: rdp-keep, image: hello, deletionPolicy: keep }, ' +
                '{ name: rdp-save, image: hello, deletionPolicy: save }, { name: rdp-stays, image: hello } ]'))
        $kept = Get-LightVM rdp-keep
        $spec = Set-Fleet '[ { name: rdp-stays, image: hello } ]'
        $plan = @(Compare-LightVMSpec $spec | Where-Object Action -ne NoChange)
        $plan.Count | Should -Be 3
        foreach ($step in $plan) {
            $wanted = if ($step.Name -eq 'rdp-delete') { 'Delete' } else { 'Update' }
            $step.Action | Should -Be $wanted
        }
        $results = @(Invoke-LightVMReconcile $spec)
        @($results | Where-Object Status -eq Succeeded).Count | Should -Be 3

        @(Get-LightVM 'rdp-*').Count | Should -Be 3
        $now = Get-LightVM rdp-keep
        $now.State | Should -Be Running
        $now.DomainId | Should -Be $kept.DomainId
        $now.Fleet | Should -BeNullOrEmpty
        $saved = Get-LightVM rdp-save
        $saved.State | Should -Be Saved
        $saved.Fleet | Should -BeNullOrEmpty
        Invoke-LightVMReconcile $spec | Should -BeNullOrEmpty
        Start-LightVM rdp-save
        (Get-LightVM rdp-save).State | Should -Be Running
    }

    It 'is changed while the guest runs, and exported' {
        $before = Get-LightVM rdp-stays
        $null = Invoke-LightVMReconcile (Set-Fleet '[ { name: rdp-stays, image: hello, deletionPolicy: keep } ]')
        (Get-LightVM rdp-stays).DomainId | Should -Be $before.DomainId
        "$(Export-LightVMSpec -Fleet pester-policy)" | Should -Match 'deletionPolicy: keep'
    }
}
