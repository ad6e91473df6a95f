using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>Words of Pester that this runner has not got: an error that says so, not a command that is not found.</summary>
[Cmdlet(VerbsLifecycle.Deny, "PesterFeature")]
public sealed class UnsupportedCommand : TestCommand
{
    public static IReadOnlyList<string> Words { get; } =
        ["Mock", "InModuleScope", "New-MockObject", "Add-ShouldOperator", "Invoke-Pester", "New-PesterContainer", "New-Fixture"];

    [Parameter(ValueFromRemainingArguments = true)]
    public object[] Arguments { get; set; } = [];

    protected override void ProcessRecord() => Deny(
        "Unsupported", $"{MyInvocation.InvocationName} is not supported by this runner; real Pester has it. Test without it.");
}
