using System.Runtime.CompilerServices;

namespace LightVM.Dsc.Tests;

internal static class Repository
{
    public static string PathOf(string relative, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../..", relative));
}
