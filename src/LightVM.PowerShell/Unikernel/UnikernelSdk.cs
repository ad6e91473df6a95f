namespace LightVM.PowerShell;

/// <summary>The folder <c>unikernel</c> beside the module's assemblies: headers, the runtime, and the flags that it was built with.</summary>
internal sealed class UnikernelSdk
{
    private UnikernelSdk(string directory) => Directory = directory;

    public string Directory { get; }

    public string Include => Path.Combine(Directory, "include");

    public string CompileFlags => Path.Combine(Directory, "lib", "compile.flags");

    public string LinkFlags => Path.Combine(Directory, "lib", "link.flags");

    public string LinkerScript => Path.Combine(Directory, "lib", "guest.ld");

    /// <summary>Defines <c>guest_name</c> by the macro GUEST_NAME.</summary>
    public string NameSource => Path.Combine(Directory, "lib", "name.c");

    public IReadOnlyList<string> Libraries => [.. System.IO.Directory.GetFiles(Path.Combine(Directory, "lib"), "*.a").Order(StringComparer.Ordinal)];

    /// <exception cref="LightVMException">FeatureMissing: the module was packaged or built without it.</exception>
    public static UnikernelSdk Find()
    {
        var sdk = new UnikernelSdk(Path.Combine(Path.GetDirectoryName(typeof(UnikernelSdk).Assembly.Location)!, "unikernel"));
        return File.Exists(sdk.LinkerScript)
            ? sdk
            : throw new LightVMException(
                ErrorCodes.FeatureMissing,
                $"The module has no unikernel runtime: {sdk.LinkerScript} does not exist.",
                sdk.Directory,
                "Install the module as it is packaged, or run ./build.sh build in the checkout.");
    }
}
