using System.Management.Automation;
using LightVM.Client;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>
/// Writes what a host has of a fleet as a spec, of which a plan changes nothing. What a spec cannot say of a guest (that it is
/// stopped, the bytes of its files) is a warning.
/// </summary>
/// <example>
/// <code>Export-LightVMSpec web -OutFile web.yaml; Test-LightVMDrift web.yaml</code>
/// Writes the fleet as it is; there is no drift from it.
/// </example>
/// <example>
/// <code>Export-LightVMSpec web -Guest web-* -OutFile web.yaml; Invoke-LightVMReconcile web.yaml</code>
/// Makes a fleet of guests that were made by hand.
/// </example>
[Cmdlet(VerbsData.Export, "LightVMSpec")]
[OutputType(typeof(string))]
public sealed class ExportLightVMSpecCommand : HostCmdlet
{
    /// <summary>Name of the fleet.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Fleet { get; set; } = "";

    /// <summary>Guests of no fleet that are to be of this one too; wildcards are permitted. The spec then adopts them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(GuestNameCompleter))]
    public string[] Guest { get; set; } = [];

    /// <summary>Writes the spec into this file.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutFile { get; set; }

    /// <summary>The host, as this session names it or as Connect-LightVMHost takes it; the default host otherwise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string? HostName { get; set; }

    protected override void EndProcessing()
    {
        try
        {
            LightVMClient client = ClientOf(HostName);
            ObservedHost observed = Run(token => new ClientHost(client).ObserveAsync(Fleet, token));
            HashSet<string> adopt = Adopted(observed);
            if (observed.Record is null && adopt.Count == 0 && observed.Guests.Values.All(guest => guest.Fleet != Fleet))
            {
                throw new LightVMException(
                    ErrorCodes.FleetNotFound, $"{client.HostName} has nothing of a fleet '{Fleet}'.", Fleet, "See the Fleet of Get-LightVM, or name guests by -Guest.");
            }

            ExportedSpec spec = SpecExporter.Export(Fleet, observed, adopt);
            foreach (string warning in spec.Warnings)
            {
                WriteWarning(warning);
            }

            Write(spec.Text);
        }
        catch (LightVMException e)
        {
            ThrowProblem(e);
        }
    }

    private HashSet<string> Adopted(ObservedHost observed)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string pattern in Guest)
        {
            var wildcard = new WildcardPattern(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
            string[] found = [.. observed.Guests.Values.Where(guest => wildcard.IsMatch(guest.Name)).Select(guest => guest.Name)];
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(pattern))
            {
                throw new LightVMException(
                    ErrorCodes.GuestNotFound, $"There is no guest '{pattern}' on {observed.HostName}.", pattern, "See Get-LightVM.");
            }

            names.UnionWith(found);
        }

        return names;
    }

    private void Write(string text)
    {
        if (OutFile is null)
        {
            WriteObject(text);
            return;
        }

        string path = SessionState.Path.GetUnresolvedProviderPathFromPSPath(OutFile);
        try
        {
            File.WriteAllText(path, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LightVMException(ErrorCodes.AccessDenied, $"The spec cannot be written to '{path}': {e.Message}", path, "Give a file in a directory that you may write.", e);
        }
    }
}
