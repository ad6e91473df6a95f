using System.Management.Automation;
using LightVM.Client;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>
/// Whether spec files are right: writes one Boolean for each, and each finding as a non-terminating error whose target is the
/// finding with its position. A host is asked only for images and networks that the file itself does not bring.
/// </summary>
/// <example>
/// <code>Test-LightVMSpec ./specs/quickstart.yaml</code>
/// Tells whether the spec is valid.
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "LightVMSpec", DefaultParameterSetName = PathSet)]
[OutputType(typeof(bool))]
public sealed class TestLightVMSpecCommand : SpecCmdlet
{
    protected override void EndProcessing()
    {
        foreach (SpecFile file in Files)
        {
            WriteObject(Test(file));
        }
    }

    private bool Test(SpecFile file)
    {
        try
        {
            FleetSpec spec = Load(file);
            return HostName is null ? TestOnDefaultHost(spec) : ClientsOf(HostName).Count(client => TestOn(client, spec)) == HostName.Distinct(StringComparer.OrdinalIgnoreCase).Count();
        }
        catch (LightVMException e)
        {
            WriteFindings(e, file.Shown);
            return false;
        }
    }

    private bool TestOnDefaultHost(FleetSpec spec)
    {
        string[] unknown =
        [
            .. spec.Guests.Select(guest => guest.Image).Distinct(StringComparer.Ordinal)
                .Except(spec.Images.Select(image => image.Name), StringComparer.Ordinal).Select(name => $"image {name}"),
            .. spec.Guests.SelectMany(guest => guest.Adapters ?? []).Select(adapter => adapter.Network).Distinct(StringComparer.Ordinal)
                .Except(spec.Networks.Select(network => network.Name).Append("default"), StringComparer.Ordinal).Select(name => $"network {name}"),
        ];
        if (unknown.Length == 0)
        {
            return true;
        }

        if (spec.Hosts.Count > 0)
        {
            WriteWarning($"{spec.File}: whether {string.Join(", ", unknown)} is on its hosts was not checked; Compare-LightVMSpec looks at them.");
            return true;
        }

        try
        {
            Check(ClientOf(null), spec);
            return true;
        }
        catch (LightVMException e) when (e.Problem.Code is ErrorCodes.HostUnreachable)
        {
            WriteWarning($"{spec.File}: whether {string.Join(", ", unknown)} is on the host was not checked: {e.Message}");
            return true;
        }
    }

    private bool TestOn(LightVMClient client, FleetSpec spec)
    {
        try
        {
            Check(client, spec);
            return true;
        }
        catch (LightVMException e)
        {
            WriteFindings(e, client.HostName);
            return false;
        }
    }

    private void Check(LightVMClient client, FleetSpec spec) =>
        HostReferences.Check(spec, Run(token => new ClientHost(client).ObserveAsync(spec.Name, token)));

    private void WriteFindings(LightVMException exception, string target)
    {
        if (exception.Findings.Count == 0)
        {
            WriteProblem(exception, target);
        }

        foreach (SpecFinding finding in exception.Findings)
        {
            WriteProblem(
                new Problem
                {
                    Code = exception.Problem.Code, Detail = finding.Describe(), Target = finding.File, Recommendation = exception.Problem.Recommendation,
                },
                finding);
        }
    }
}
