using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>Set-ItResult: ends the running test as skipped or inconclusive.</summary>
[Cmdlet(VerbsCommon.Set, "ItResult")]
public sealed class SetItResultCommand : TestCommand
{
    [Parameter(Mandatory = true, ParameterSetName = "Skipped")]
    public SwitchParameter Skipped { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Inconclusive")]
    public SwitchParameter Inconclusive { get; set; }

    [Parameter]
    public string? Because { get; set; }

    protected override void ProcessRecord()
    {
        var (id, text) = ParameterSetName == "Skipped"
            ? ("PesterTestSkipped", "is skipped")
            : ("PesterTestInconclusive", "is inconclusive");
        var because = ValueText.Because(Because);
        ThrowTerminatingError(new ErrorRecord(
            new InvalidOperationException(text + because[..^1]), id, ErrorCategory.InvalidResult, null));
    }
}
