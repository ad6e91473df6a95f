# Secrets that a spec names, on a real Xen host: the guest gets them, and nothing shows them. Core cmdlets, the language and .NET only.
Describe 'A spec that names a secret' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $images = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../out/images")
        $spec = [System.IO.Path]::Combine($TestDrive, 'secrets.yaml')
        $credentials = $env:CREDENTIALS_DIRECTORY

        function Set-Secret([string] $Value) {
            $env:CREDENTIALS_DIRECTORY = "$TestDrive"
            [System.IO.File]::WriteAllText([System.IO.Path]::Combine($TestDrive, 'pester-password'), "$Value`n")
        }

        function Set-Spec([string] $Guests) {
            [System.IO.File]::WriteAllText($spec, "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: pester-secrets }`nimages:`n  - { name: hello, path: '$images/hello' }`nguests: $Guests`n")
        }

        $one = '[ { name: ps-one, image: hello, memory: 4MB, environment: { PASSWORD: { secretRef: pester-password } }, files: { /key: { secretRef: pester-password } } } ]'
    }
    AfterAll {
        Set-Spec '[]'
        $null = Invoke-LightVMReconcile $spec -AllowEmpty
        $env:CREDENTIALS_DIRECTORY = $credentials
    }

    It 'gives it to the guest, and shows its name alone' {
        Set-Secret 'first one'
        Set-Spec $one
        $null = Invoke-LightVMReconcile $spec -ErrorAction Stop
        (Get-LightVM ps-one).Environment['PASSWORD'] | Should -BeExactly 'first one'
        Invoke-LightVMReconcile $spec | Should -BeNullOrEmpty
        Set-Secret 'second one'
        $changes = @(Compare-LightVMSpec $spec | Where-Object Name -eq 'ps-one')[0].Changes
        "$($changes[0])" | Should -BeExactly 'environment.PASSWORD: (another value) -> (secret pester-password)'
        "$changes" | Should -Not -BeLike '*one)*'
        $null = Invoke-LightVMReconcile $spec -ErrorAction Stop
        (Get-LightVM ps-one).Environment['PASSWORD'] | Should -BeExactly 'second one'
        $newest = @(Get-LightVMRevision pester-secrets)[0].Revision
        $kept = (Get-LightVMRevision pester-secrets -Revision $newest).Spec
        $kept.Text | Should -BeLike '*secretRef: pester-password*'
        $kept.Text | Should -Not -BeLike '*second one*'
        $kept.Files.Count | Should -Be 0
    }

    It 'is refused where the secret is nowhere' {
        [System.IO.File]::Delete([System.IO.Path]::Combine($TestDrive, 'pester-password'))
        { Invoke-LightVMReconcile $spec } | Should -Throw -ErrorId 'SpecInvalid*'
        (Get-LightVM ps-one).Environment['PASSWORD'] | Should -BeExactly 'second one'
    }
}
