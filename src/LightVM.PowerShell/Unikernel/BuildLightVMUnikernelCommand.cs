using System.Management.Automation;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Makes an image of a program in C: a unikernel that holds the program, the LightVM runtime, and nothing else.</summary>
/// <remarks>The machine's gcc compiles it; the headers (lightvm/guest.h and others) and the runtime come with the module. See docs/unikernels.md.</remarks>
/// <example>
/// <code>Build-LightVMUnikernel -Source ./echo.c -Network | Import-LightVMImage</code>
/// Compiles a program, writes ./echo/image.json and ./echo/kernel.elf, and brings the image to the default host.
/// </example>
/// <example>
/// <code>Build-LightVMUnikernel ./src/*.c -Name shop -OutputDirectory ./images/shop -MinimumMemory 8MB</code>
/// Compiles several files into one image.
/// </example>
[Cmdlet("Build", "LightVMUnikernel", SupportsShouldProcess = true)]
[OutputType(typeof(UnikernelImage), typeof(CommandJob))]
public sealed partial class BuildLightVMUnikernelCommand : LightVMCmdlet
{
    private const int MostErrors = 20;
    private const long SmallestMemory = 4L << 20;

    private readonly List<string> sources = [];

    /// <summary>Files in C; wildcards are permitted. Together they are one program, with one main.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("PSPath", "FullName")]
    public string[] Source { get; set; } = [];

    /// <summary>The image's name; that of the first file otherwise. Lower-case letters, digits and -.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Where image.json and kernel.elf are written; a directory of the image's name in the current one otherwise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutputDirectory { get; set; }

    /// <summary>One line that Get-LightVMImage shows.</summary>
    [Parameter]
    public string? Description { get; set; }

    /// <summary>The least memory that a guest of it gets, in bytes.</summary>
    [Parameter]
    [MemorySize]
    [ValidateRange(SmallestMemory, 1L << 40)]
    public long MinimumMemory { get; set; } = SmallestMemory;

    /// <summary>A guest of it gets an adapter on the network default unless adapters are given.</summary>
    [Parameter]
    public SwitchParameter Network { get; set; }

    /// <summary>Runs it as a job, which is written at once: Wait-Job, Receive-Job, Stop-Job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string source in Source)
        {
            Add(source);
        }
    }

    protected override void EndProcessing()
    {
        string[] files = [.. sources.Distinct(StringComparer.Ordinal)];
        if (files.Length == 0)
        {
            return;
        }

        try
        {
            if (AsJob)
            {
                WriteObject(CommandJob.Start(this, ("Source", files.Select(WildcardPattern.Escape).ToArray())));
                return;
            }

            Build(files);
        }
        catch (LightVMException e)
        {
            ThrowProblem(e, files[0]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ThrowProblem(new LightVMException(ErrorCodes.BuildFailed, $"The image cannot be written: {e.Message}", OutputDirectory, "Give a directory that can be written: -OutputDirectory.", e));
        }
    }

    private void Build(string[] files)
    {
        UnikernelSdk sdk = UnikernelSdk.Find();
        string name = Name ?? NameOf(files[0]);
        if (!NamePattern().IsMatch(name))
        {
            throw new LightVMException(
                ErrorCodes.InvalidArgument,
                $"'{name}' is no name of an image: lower-case letters, digits and - (at most 63, a letter or digit at both ends).",
                name,
                "Give one: -Name.");
        }

        string directory = GetUnresolvedProviderPathFromPSPath(OutputDirectory ?? name);
        if (!ShouldProcess($"image {name} ({directory})", "Build"))
        {
            return;
        }

        string work = Directory.CreateTempSubdirectory("lightvm-build-").FullName;
        try
        {
            string kernel = Path.Combine(work, "kernel.elf");
            if (Compile(new UnikernelCompiler(sdk, name), files, work, kernel))
            {
                WriteObject(Finish(name, directory, kernel));
            }
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private bool Compile(UnikernelCompiler compiler, string[] files, string work, string kernel)
    {
        var objects = new List<string>();
        bool good = true;
        foreach (string file in files)
        {
            string target = Path.Combine(work, $"{objects.Count}.o");
            WriteVerbose($"Compiling {file}.");
            objects.Add(target);
            bool compiled = Run(token => compiler.CompileAsync(file, target, token));
            Report(compiler, compiled, file, "Correct the source; nothing was written.");
            good &= compiled;
        }

        if (!good)
        {
            return false;
        }

        WriteVerbose("Linking.");
        good = Run(token => compiler.LinkAsync(objects, kernel, token));
        Report(compiler, good, files[0], "Only what the lightvm headers declare is there: see docs/unikernels.md. Nothing was written.");
        return good;
    }

    private void Report(UnikernelCompiler compiler, bool good, string file, string recommendation)
    {
        CompilerMessage[] errors = [.. compiler.Messages.Where(m => m.IsError)];
        foreach (CompilerMessage warning in compiler.Messages.Where(m => m.IsWarning))
        {
            WriteWarning($"{warning.Where}: {warning.Text}");
        }

        if (good)
        {
            return;
        }

        if (errors.Length == 0)
        {
            WriteProblem(new LightVMException(ErrorCodes.BuildFailed, $"{file}: the compiler failed: {compiler.Output.Trim()}", file, recommendation));
        }

        foreach (CompilerMessage error in errors.Take(MostErrors))
        {
            WriteProblem(new LightVMException(ErrorCodes.BuildFailed, $"{error.Where}: {error.Text}", error.Where, recommendation));
        }
    }

    private UnikernelImage Finish(string name, string directory, string kernel)
    {
        Directory.CreateDirectory(directory);
        byte[] bytes = File.ReadAllBytes(kernel);
        var manifest = new ImageManifest
        {
            Name = name,
            Kind = "unikernel",
            Kernel = new ImageFile { File = "kernel.elf", Size = bytes.Length, Digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)) },
            MinimumMemory = MinimumMemory,
            ShutdownHandler = true,
            Network = Network,
            Description = Description,
        };
        File.WriteAllBytes(Path.Combine(directory, manifest.Kernel.File), bytes);
        File.WriteAllText(Path.Combine(directory, ImageDirectory.ManifestFile), JsonSerializer.Serialize(manifest, LightVMJson.Default.ImageManifest) + "\n");
        return new UnikernelImage { Name = name, LiteralPath = directory, Size = bytes.Length, MinimumMemory = MinimumMemory, Network = Network };
    }

    private void Add(string source)
    {
        if (WildcardPattern.ContainsWildcardCharacters(source))
        {
            try
            {
                sources.AddRange(GetResolvedProviderPathFromPSPath(source, out _));
            }
            catch (ItemNotFoundException)
            {
                // A wildcard that matches nothing is no error.
            }

            return;
        }

        string path = GetUnresolvedProviderPathFromPSPath(WildcardPattern.Unescape(source));
        if (!File.Exists(path))
        {
            ThrowProblem(new LightVMException(ErrorCodes.InvalidArgument, $"There is no file {path}.", source, "Give files in C: Build-LightVMUnikernel -Source app.c"), source);
        }

        sources.Add(path);
    }

    private static string NameOf(string file) =>
        OtherCharacters().Replace(Path.GetFileNameWithoutExtension(file).ToLowerInvariant(), "-").Trim('-');

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex OtherCharacters();
}
