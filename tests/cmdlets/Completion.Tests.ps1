Describe 'Completion' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'complete-*' | Remove-LightVM -Confirm:$false
        $null = New-LightVM -Name complete-one, complete-two -Image noop -NoStart

        # A completion answers within its budget or not at all; a slow host answers the next one.
        function Get-Completion([string] $Line) {
            foreach ($try in 1..50) {
                $found = @([System.Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches | ForEach-Object CompletionText)
                if ($found) { return $found }
                $null = [Threading.Thread]::CurrentThread.Join(100)
            }
        }
    }
    AfterAll { Get-LightVM 'complete-*' | Remove-LightVM -Confirm:$false }

    It 'offers names of guests: <Cmdlet>' -ForEach @(
        @{ Cmdlet = 'Get-LightVM' }, @{ Cmdlet = 'Stop-LightVM' }, @{ Cmdlet = 'Remove-LightVM' }, @{ Cmdlet = 'Receive-LightVMConsole' }, @{ Cmdlet = 'Wait-LightVM -Name' }
    ) {
        (Get-Completion "$Cmdlet complete-") -join ' ' | Should -BeExactly 'complete-one complete-two'
    }

    It 'offers names of images' {
        Get-Completion 'New-LightVM x -Image noo' | Should -BeExactly 'noop'
        Get-Completion 'Get-LightVMImage hel' | Should -BeExactly 'hello'
    }

    It 'offers names of hosts, kinds of events and values' {
        $name = (Get-LightVMLab).HostName
        Get-Completion "Get-LightVM -HostName $($name.Substring(0, 2))" | Should -Contain $name
        Get-Completion 'Get-LightVMEvent -Kind GuestCr' | Should -Contain 'GuestCrashed'
        Get-Completion 'Get-LightVM -State Pau' | Should -BeExactly 'Paused'
        Get-Completion 'New-LightVM x -RestartPolicy Al' | Should -BeExactly 'Always'
        Get-Completion 'Wait-LightVM x -For Fir' | Should -BeExactly 'FirstEvent'
    }
}
