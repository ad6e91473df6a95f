using System.Management.Automation;
using LightVM.Client;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>A cmdlet on spec files. Gathers them over the pipeline, so that all can be checked before anything is done.</summary>
public abstract class SpecCmdlet : ReconcileCmdlet
{
    protected const string PathSet = "Path";
    protected const string LiteralPathSet = "LiteralPath";

    private readonly List<SpecFile> files = [];

    /// <summary>Spec files (YAML); wildcards are permitted.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Spec files, their names taken as they are.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The hosts, as this session names them or as Connect-LightVMHost takes them; the default host otherwise.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    /// <summary>Those given so far, each once.</summary>
    private protected IReadOnlyList<SpecFile> Files => files;

    protected override void ProcessRecord()
    {
        foreach (SpecFile file in ParameterSetName == PathSet ? Path.SelectMany(Resolve) : LiteralPath.Select(Literal))
        {
            if (!files.Exists(known => known.FullPath == file.FullPath))
            {
                files.Add(file);
            }
        }
    }

    /// <summary>Reads and validates a file in itself. Builds nothing.</summary>
    /// <exception cref="LightVMException">SpecInvalid with its findings, SpecNotFound, AccessDenied.</exception>
    private protected FleetSpec Load(SpecFile file) => Run(token => SpecLoader.LoadAsync(file.FullPath, file.Shown, Secrets, Recipes, token));

    /// <summary>Has the images built that a spec has recipes of, and that are not there yet.</summary>
    /// <exception cref="LightVMException">As RecipeImages.</exception>
    private protected FleetSpec Build(FleetSpec spec)
    {
        Run(token => RecipeImages.BuildAsync(spec, Recipes, token));
        return spec;
    }

    /// <summary>
    /// All files are validated before anything is done, and then their images built; each bad one is an error of its own, and the last of them ends the command.
    /// </summary>
    private protected IReadOnlyList<FleetSpec> LoadAll()
    {
        var specs = new List<FleetSpec>();
        var errors = new List<LightVMException>();
        foreach (SpecFile file in Files)
        {
            try
            {
                FleetSpec spec = Load(file);
                specs.Add(specs.Find(other => other.Name == spec.Name) is { } twin ? throw SpecProblems.SameFleet(spec, twin) : spec);
            }
            catch (LightVMException e)
            {
                errors.Add(e);
            }
        }

        ThrowAll(errors);
        foreach (FleetSpec spec in specs)
        {
            try
            {
                Build(spec);
            }
            catch (LightVMException e)
            {
                errors.Add(e);
            }
        }

        ThrowAll(errors);
        return specs;
    }

    private void ThrowAll(List<LightVMException> errors)
    {
        foreach (LightVMException e in errors.SkipLast(1))
        {
            WriteProblem(e, TargetOf(e));
        }

        if (errors.Count > 0)
        {
            ThrowSpecProblem(errors[^1]);
        }
    }

    /// <summary>Does something for each fleet and host; a fleet whose spec names its hosts is one. One host that cannot be reached does not keep the others from theirs.</summary>
    private protected void ForEachFleet(Action<FleetSpec, ReconcileTarget> work)
    {
        IReadOnlyList<FleetSpec> specs = LoadAll();
        var errors = new List<LightVMException>();
        (FleetSpec Spec, ReconcileTarget Target)[] fleets = [.. TargetsOf(specs, errors)];
        foreach (LightVMException e in errors)
        {
            Outcome |= ReconcileOutcome.Failed;
            WriteProblem(e);
        }

        foreach (IGrouping<FleetSpec, ReconcileTarget> fleet in fleets.GroupBy(pair => pair.Spec, pair => pair.Target))
        {
            FleetSpec spec = fleet.Key;
            foreach (ReconcileTarget target in fleet)
            {
                try
                {
                    work(spec, target);
                }
                catch (LightVMException e) when (fleet.Count() > 1 && e.Findings.Count == 0)
                {
                    Outcome |= ReconcileOutcome.Failed;
                    WriteProblem(e, target.HostName);
                }
                catch (LightVMException e)
                {
                    ThrowSpecProblem(e);
                }
            }
        }
    }

    /// <summary>Each fleet with where it is to be: on its own hosts, or on each of those given.</summary>
    /// <param name="specs">The fleets.</param>
    /// <param name="errors">Told of names that are none.</param>
    private protected IReadOnlyList<(FleetSpec Spec, ReconcileTarget Target)> TargetsOf(IReadOnlyList<FleetSpec> specs, List<LightVMException> errors)
    {
        if (HostName is not null && specs.FirstOrDefault(spec => spec.Hosts.Count > 0) is { } named)
        {
            ThrowProblem(new LightVMException(
                ErrorCodes.InvalidArgument, $"{named.File} names its hosts, so -HostName cannot name others.", named.File, "Leave -HostName out, or hosts: out of the spec."));
        }

        IReadOnlyList<LightVMClient> clients = specs.Any(spec => spec.Hosts.Count == 0) ? ClientsOf(HostName, errors) : [];
        return
        [
            .. specs.SelectMany(spec => spec.Hosts.Count > 0
                ? [(spec, ReconcileTarget.Of(spec))]
                : clients.Select(client => (spec, ReconcileTarget.On(client)))),
        ];
    }

    /// <summary>A terminating error, whose target is the findings where there are some.</summary>
    private protected void ThrowSpecProblem(LightVMException exception) => ThrowProblem(exception, TargetOf(exception));

    private static object? TargetOf(LightVMException exception) =>
        exception.Findings.Count > 0 ? exception.Findings.ToArray() : exception.Problem.Target;

    /// <summary>A literal path that does not exist is passed on: the reader says so in the words of specs.</summary>
    private protected SpecFile Literal(string path)
    {
        string full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);

        // Get-ChildItem's objects come by PSPath, provider and all, which nobody has typed.
        return new SpecFile(full, path.Contains("::", StringComparison.Ordinal) ? Show(full, rooted: false) : path);
    }

    private IEnumerable<SpecFile> Resolve(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            return [Literal(path)];
        }

        SpecFile[] found = Matches(path);
        if (found.Length > 0)
        {
            return found;
        }

        // A wildcard that matches nothing is no error; a file that is called so is what was meant.
        SpecFile literal = Literal(path);
        return File.Exists(literal.FullPath) ? [literal] : [];
    }

    private SpecFile[] Matches(string path)
    {
        try
        {
            return [.. GetResolvedProviderPathFromPSPath(path, out _).Select(full => new SpecFile(full, Show(full, System.IO.Path.IsPathRooted(path))))];
        }
        catch (ItemNotFoundException)
        {
            return [];
        }
    }

    private string Show(string full, bool rooted)
    {
        string here = SessionState.Path.CurrentFileSystemLocation.ProviderPath;
        string relative = System.IO.Path.GetRelativePath(here, full);
        return rooted || relative.StartsWith("..", StringComparison.Ordinal) ? full : relative;
    }
}
