namespace LightVM.Reconcile;

/// <summary>What can be wrong between spec files.</summary>
public static class SpecProblems
{
    /// <summary>Two files of one fleet would delete each other's guests in turn.</summary>
    public static LightVMException SameFleet(FleetSpec spec, FleetSpec other)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(other);
        var findings = new FindingList(spec.File, spec.Text);
        findings.Add(
            spec.NameMark, "metadata.name", $"fleet '{spec.Name}' is described by {other.SourceOf(other.NameMark)} too", "one file for each fleet");
        return findings.ToException();
    }
}
