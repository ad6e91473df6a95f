using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LightVM.Reconcile;

/// <summary>A digest over all that a plan was decided on.</summary>
internal static class Fingerprint
{
    public static string Of(FleetSpec spec, ObservedFleet observed, ReconcileOptions options, IReadOnlyList<PlannedStep> steps)
    {
        var text = new StringBuilder();
        void Line(params ReadOnlySpan<object?> fields)
        {
            // Lengths in front, so that no two lists of fields give the same text.
            foreach (object? field in fields)
            {
                string value = Convert.ToString(field, CultureInfo.InvariantCulture) ?? "\0";
                text.Append(CultureInfo.InvariantCulture, $"{value.Length}:{value} ");
            }

            text.Append('\n');
        }

        Line("plan/3", spec.Name, spec.Digest, observed.HostNames, options.NoPrune);
        foreach (PlannedStep step in steps)
        {
            Line(step.Step.Kind, step.Step.Name, step.Step.HostName, step.Step.Action, step.Guest?.Id, step.Guest?.Revision, step.Guest?.State, step.Image?.Digest, step.Network?.Id, step.Wanted?.FilesDigest);
            foreach (PropertyChange change in step.Step.Changes)
            {
                Line(change.Path, change.From, change.To, change.Effect);
            }
        }

        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
