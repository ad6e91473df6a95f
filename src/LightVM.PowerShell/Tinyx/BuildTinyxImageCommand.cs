using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;
using LightVM.Reconcile;
using LightVM.Tinyx;

namespace LightVM.PowerShell;

/// <summary>Makes an image that holds one application of Debian's, or one of yours, on a Linux of its own, and nothing else.</summary>
/// <remarks>Runs as root on Debian 12. The first build fetches Debian's minimal system and builds a kernel, which takes minutes; later ones take seconds. See docs/tinyx.md.</remarks>
/// <example>
/// <code>Build-TinyxImage -Package nginx -Command 'nginx -g "daemon off;"' -Port 80 -Name web | Import-LightVMImage</code>
/// Writes ./web/image.json, the kernel and the root file system, and brings the image to the default host.
/// </example>
/// <example>
/// <code>Build-TinyxImage -Path ./myapp -Command '/app/myapp --port 8080' -User nobody</code>
/// An image of a program of yours and the libraries that it needs.
/// </example>
/// <example>
/// <code>Build-TinyxImage -Package nginx -Command 'nginx -g "daemon off;"' -Port 80 -Name web -Test @{ http = '/'; port = 80 } -MeasureMemory</code>
/// The same, tried on the default host; image.json has the least memory with which a page is served.
/// </example>
/// <example>
/// <code>Build-TinyxImage -Recipe ./specs/recipes/nginx.yaml -OutputDirectory ./out/nginx</code>
/// An image of a recipe file; a spec can name that file under images: instead, and reconcile builds it.
/// </example>
/// <example>
/// <code>Build-TinyxImage -OciLayout ./redis-oci -Name redis</code>
/// An image of a container's image: skopeo copy docker://redis:alpine oci:redis-oci:latest
/// </example>
[Cmdlet("Build", "TinyxImage", SupportsShouldProcess = true, DefaultParameterSetName = PackageSet)]
[OutputType(typeof(TinyxImage), typeof(CommandJob))]
public sealed partial class BuildTinyxImageCommand : HostCmdlet
{
    private const string PackageSet = "Package";
    private const string PathSet = "Path";
    private const string OciSet = "OciLayout";
    private const string RecipeSet = "Recipe";
    private const int ActivityId = 6;
    private const long SmallestMemory = 8L << 20;

    /// <summary>Debian packages that hold the application, the first one first.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PackageSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string[] Package { get; set; } = [];

    /// <summary>Programs of this machine, or directories, whose content comes into /app of the guest; the libraries that they need come along.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>A directory that holds an OCI image layout, as skopeo and umoci write it. What the image says of its command, environment, user, directory and ports holds where no parameter says otherwise.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OciSet)]
    [ValidateNotNullOrEmpty]
    public string OciLayout { get; set; } = "";

    /// <summary>A recipe file, as specs name them under images: (about_LightVM_Specs). What is given beside it holds in place of what it says.</summary>
    [Parameter(Mandatory = true, ParameterSetName = RecipeSet)]
    [ValidateNotNullOrEmpty]
    public string Recipe { get; set; } = "";

    /// <summary>What the guest runs, in the words of a shell; it has to stay in the foreground.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PackageSet)]
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = OciSet)]
    [Parameter(ParameterSetName = RecipeSet)]
    [ValidateNotNullOrEmpty]
    public string Command { get; set; } = "";

    /// <summary>The image's name; that of the first package or program, or of the recipe file, otherwise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Where image.json, the kernel and the root file system are written; a directory of the image's name in the current one otherwise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutputDirectory { get; set; }

    /// <summary>Who runs the command (user, or user:group); otherwise whom the package's own service names for that program, else root.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <summary>Where the command starts.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string WorkingDirectory { get; set; } = "/";

    /// <summary>Environment variables of the command.</summary>
    [Parameter]
    public Hashtable? Environment { get; set; }

    /// <summary>Starts the command again whenever it ends; otherwise the guest powers off then.</summary>
    [Parameter]
    public SwitchParameter Restart { get; set; }

    /// <summary>Ports that the application listens at; image.json tells them.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    public int[] Port { get; set; } = [];

    /// <summary>What the kernel is to have besides: block, ext4, ipv6, noxs, smp. What follows from the application's configuration is there without.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TinyxFeatureCompleter))]
    public string[] Feature { get; set; } = [];

    /// <summary>Paths that stay in the image though they would be dropped; * within a name, ** across names.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Keep { get; set; } = [];

    /// <summary>Paths that are dropped besides.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Drop { get; set; } = [];

    /// <summary>One line that Get-LightVMImage shows.</summary>
    [Parameter]
    public string? Description { get; set; }

    /// <summary>The least memory that a guest of it gets, in bytes; otherwise it is reckoned from the sizes.</summary>
    [Parameter]
    [MemorySize]
    [ValidateRange(SmallestMemory, 1L << 40)]
    public long MinimumMemory { get; set; }

    /// <summary>Takes Debian's packages as they are now, not as the cache has them.</summary>
    [Parameter]
    public SwitchParameter Refresh { get; set; }

    /// <summary>Tests that it has to pass on a host before it is written: script blocks, which find the guest as $_ and its ports as $_.Endpoint[80]; or probes that the host runs: @{ http = '/'; port = 80 }. A script block passes when it ends without an error and its last value is not False.</summary>
    [Parameter]
    [ImageTestArgument]
    [ValidateNotNullOrEmpty]
    public object[] Test { get; set; } = [];

    /// <summary>For how many seconds a test may fail while the application starts.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int TestTimeout { get; set; } = 60;

    /// <summary>Looks for the least memory with which it passes -Test, to the megabyte, and writes that into image.json.</summary>
    [Parameter]
    public SwitchParameter MeasureMemory { get; set; }

    /// <summary>Runs it as a job, which is written at once: Wait-Job, Receive-Job, Stop-Job. Script blocks see no variables of this session then.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>The host that it is tested on; the default host otherwise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string? HostName { get; set; }

    protected override void EndProcessing()
    {
        string name = Name ?? NameOf(Package.Concat(Path).Append(OciLayout).Append(Recipe).First(source => source.Length > 0));
        string directory = GetUnresolvedProviderPathFromPSPath(OutputDirectory ?? name);
        try
        {
            Recipe recipe = ReadRecipe(name);
            recipe.Check();
            if (MeasureMemory && Test.Length == 0)
            {
                throw new LightVMException(ErrorCodes.InvalidArgument, "Memory cannot be measured without a test.", name, "Say what the guest has to do: -Test.");
            }

            if (AsJob)
            {
                WriteObject(CommandJob.Start(this));
            }
            else if (ShouldProcess($"image {name} ({directory})", "Build"))
            {
                Write(Run(token => BuildAsync(recipe, directory, token)));
            }
        }
        catch (LightVMException e)
        {
            ThrowProblem(e, e.Findings.Count > 0 ? e.Findings.ToArray() : e.Problem.Target ?? name);
        }
    }

    /// <summary>What the recipe file says, if there is one, and the parameters in place of that.</summary>
    private Recipe ReadRecipe(string name)
    {
        Recipe file = Recipe.Length == 0
            ? new Recipe { Name = name }
            : TinyxRecipes.ToRecipe(name, RecipeLoader.Load(GetUnresolvedProviderPathFromPSPath(Recipe), Recipe));
        bool Given(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);
        return new Recipe
        {
            Name = name,
            Packages = Given(nameof(Package)) ? Package : file.Packages,
            Paths = Given(nameof(Path)) ? [.. Path.Select(GetUnresolvedProviderPathFromPSPath)] : file.Paths,
            OciLayout = Given(nameof(OciLayout)) ? GetUnresolvedProviderPathFromPSPath(OciLayout) : file.OciLayout,
            Command = Given(nameof(Command)) ? Command : file.Command,
            User = User ?? file.User,
            WorkingDirectory = Given(nameof(WorkingDirectory)) ? WorkingDirectory : file.WorkingDirectory,
            Environment = Given(nameof(Environment)) ? Variables() : file.Environment,
            RestartCommand = Given(nameof(Restart)) ? Restart : file.RestartCommand,
            Ports = Given(nameof(Port)) ? Port : file.Ports,
            Features = Given(nameof(Feature)) ? Feature : file.Features,
            Keep = Given(nameof(Keep)) ? Keep : file.Keep,
            Drop = Given(nameof(Drop)) ? Drop : file.Drop,
            MinimumMemory = Given(nameof(MinimumMemory)) ? MinimumMemory : file.MinimumMemory,
            Description = Description ?? file.Description,
        };
    }

    private async Task<BuiltImage> BuildAsync(Recipe recipe, string directory, CancellationToken cancellationToken)
    {
        var activity = $"Building image {recipe.Name}";
        void Show(string step) => TryPost(() =>
        {
            WriteVerbose($"{step}.");
            WriteProgress(new ProgressRecord(ActivityId, activity, step));
        });
        try
        {
            return await new TinyxBuilder(Show).BuildAsync(recipe, directory, Refresh, Tests([.. recipe.Ports]), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            TryPost(() => WriteProgress(new ProgressRecord(ActivityId, activity, "done") { RecordType = ProgressRecordType.Completed }));
        }
    }

    private ImageTests? Tests(int[] ports)
    {
        IImageTest[] tests = [.. Test.Select(t => t is ScriptBlock script ? new ScriptTest(script, ports, PostAsync) : (IImageTest)t)];
        return tests.Length == 0 ? null : new ImageTests(ClientOf(HostName), tests, TimeSpan.FromSeconds(TestTimeout), MeasureMemory);
    }

    private void Write(BuiltImage image)
    {
        foreach (string warning in image.Warnings)
        {
            WriteWarning(warning);
        }

        ImageManifest manifest = image.Manifest;
        WriteObject(new TinyxImage
        {
            Name = manifest.Name,
            LiteralPath = image.Directory,
            Size = manifest.Kernel.Size + manifest.Ramdisk!.Size,
            KernelSize = manifest.Kernel.Size,
            RootSize = image.RootSize,
            MinimumMemory = manifest.MinimumMemory,
            Ports = manifest.Ports ?? [],
            Packages = manifest.Packages ?? [],
        });
    }

    private SortedDictionary<string, string> Variables()
    {
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment ?? [])
        {
            variables[Convert.ToString(variable.Key, CultureInfo.InvariantCulture) ?? ""] = Convert.ToString(variable.Value, CultureInfo.InvariantCulture) ?? "";
        }

        return variables;
    }

    private static string NameOf(string source) =>
        OtherCharacters().Replace(System.IO.Path.GetFileNameWithoutExtension(source.TrimEnd('/')).ToLowerInvariant(), "-").Trim('-');

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex OtherCharacters();
}
