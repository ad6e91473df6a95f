Describe 'Get-LightVM' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'get-*' | Remove-LightVM -Confirm:$false
        $null = New-LightVM -Name get-a, get-b -Image noop -Labels @{ tier = 'front' }
        $null = New-LightVM -Name get-c -Image hello -NoStart -Labels @{ tier = 'back'; zone = 'x' }
    }
    AfterAll { Get-LightVM 'get-*' | Remove-LightVM -Confirm:$false }


    It 'gets all without a parameter' {
        $names = @(Get-LightVM | ForEach-Object Name)
        $names | Should -Contain 'get-a'
        $names | Should -Contain 'get-c'
    }

    It 'gets <Names> for <Pattern>' -ForEach @(
        @{ Pattern = 'get-a'; Names = 'get-a' }
        @{ Pattern = 'GET-A'; Names = 'get-a' }
        @{ Pattern = 'get-?'; Names = 'get-a get-b get-c' }
        @{ Pattern = 'get-[ac]'; Names = 'get-a get-c' }
        @{ Pattern = 'Get-[a-b]*'; Names = 'get-a get-b' }
        @{ Pattern = 'get-c', 'get-*'; Names = 'get-c get-a get-b' }
        @{ Pattern = 'get-none*'; Names = '' }
    ) {
        (@(Get-LightVM $Pattern -ErrorAction Stop) | ForEach-Object Name) -join ' ' | Should -BeExactly $Names
    }

    It 'says which literal name is not there, and gets the others' {
        $guests = @(Get-LightVM get-none, get-a -ErrorVariable problems -ErrorAction SilentlyContinue)
        $guests | Should -HaveCount 1
        $problems | Should -HaveCount 1
        $problems[0].FullyQualifiedErrorId | Should -BeExactly 'GuestNotFound,LightVM.PowerShell.GetLightVMCommand'
        $problems[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $problems[0].TargetObject | Should -BeExactly 'get-none'
        $problems[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'filters by state' {
        (Get-LightVM 'get-*' -State Stopped).Name | Should -BeExactly 'get-c'
        (Get-LightVM 'get-*' -State Running, Stopped) | Should -HaveCount 3
    }

    It 'filters by labels, in the singular too' {
        (Get-LightVM -Labels @{ tier = 'back'; zone = 'x' }).Name | Should -BeExactly 'get-c'
        Get-LightVM 'get-*' -Label @{ tier = 'back'; zone = 'y' } | Should -BeNullOrEmpty
    }

    It 'finds by id' {
        $guest = Get-LightVM get-a
        (Get-LightVM -Id $guest.Id).Name | Should -BeExactly 'get-a'
        { Get-LightVM -Id ([guid]::NewGuid()) -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,*'
    }

    It 'reads piped guests anew' {
        $before = Get-LightVM get-b
        Stop-LightVM get-b
        ($before | Get-LightVM).State | Should -Be 'Stopped'
    }
}
