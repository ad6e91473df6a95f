using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>
/// Chooses liblightvm by the running Xen: libxenctrl has no stable ABI, so there is one build for each version, at
/// <c>{directory}/xen-MAJOR.MINOR/liblightvm.so</c>.
/// </summary>
public static class XenLibrary
{
    internal const string Name = "lightvm";

    /// <summary>LIGHTVM_ABI of lightvm.h, as this assembly was written for.</summary>
    internal const uint Abi = 3;

    private static readonly Lock Gate = new();
    private static nint s_handle;
    private static bool s_resolverSet;

    /// <summary>Loads the library of the running Xen. Again: nothing, it stays the first one.</summary>
    /// <exception cref="LightVMException">XenError: no Xen, or none that a library here is built for; both versions are named.</exception>
    public static void Load(string directory, string hypervisorDirectory = "/sys/hypervisor")
    {
        lock (Gate)
        {
            if (s_handle != 0)
            {
                return;
            }

            string path = PathFor(directory, hypervisorDirectory);
            try
            {
                s_handle = NativeLibrary.Load(path);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                throw new LightVMException(
                    ErrorCodes.XenError,
                    $"'{path}' cannot be loaded: {e.Message}",
                    path,
                    "Install the libxen packages of the running Xen, or reinstall LightVM.",
                    e);
            }

            if (!s_resolverSet)
            {
                NativeLibrary.SetDllImportResolver(typeof(XenLibrary).Assembly, Resolve);
                s_resolverSet = true;
            }
        }
    }

    /// <summary>Where the library of the running Xen lies.</summary>
    internal static string PathFor(string directory, string hypervisorDirectory)
    {
        if (ReadLine(Path.Combine(hypervisorDirectory, "type")) != "xen")
        {
            throw new LightVMException(
                ErrorCodes.XenError,
                "This machine does not run under Xen.",
                null,
                "Boot the Xen hypervisor (Debian: package xen-system-amd64) and run lightvmd in its dom0.");
        }

        string version = ReadLine(Path.Combine(hypervisorDirectory, "version/major")) + "." +
            ReadLine(Path.Combine(hypervisorDirectory, "version/minor"));
        string path = Path.Combine(directory, "xen-" + version, "liblightvm.so");
        if (File.Exists(path))
        {
            return path;
        }

        string[] present = Directory.Exists(directory)
            ? [.. Directory.EnumerateDirectories(directory, "xen-*").Select(d => Path.GetFileName(d)["xen-".Length..]).Order(StringComparer.Ordinal)]
            : [];
        throw new LightVMException(
            ErrorCodes.XenError,
            string.Create(CultureInfo.InvariantCulture, $"The running Xen is {version}, and liblightvm is here for {(present.Length == 0 ? "no version" : string.Join(", ", present))} only ('{directory}')."),
            version,
            "Install the LightVM package that is built for the running Xen.");
    }

    private static string ReadLine(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) => name == Name ? s_handle : 0;
}
