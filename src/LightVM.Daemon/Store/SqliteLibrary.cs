using System.Reflection;
using System.Runtime.InteropServices;

namespace LightVM.Daemon.Store;

/// <summary>
/// Where SQLite's native library is: beside the program, or in the package's private directory; else the
/// distribution's own.
/// </summary>
internal static class SqliteLibrary
{
    private static readonly Lock Gate = new();
    private static bool _set;

    public static void Use()
    {
        lock (Gate)
        {
            if (!_set)
            {
                NativeLibrary.SetDllImportResolver(typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly, Resolve);
                _set = true;
            }
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != "e_sqlite3")
        {
            return 0;
        }

        foreach (string candidate in (string[])[
            Path.Combine(AppContext.BaseDirectory, "libe_sqlite3.so"),
            "/usr/lib/lightvm/libe_sqlite3.so"])
        {
            if (File.Exists(candidate) && NativeLibrary.TryLoad(candidate, out nint handle))
            {
                return handle;
            }
        }

        // A developer's build keeps it in runtimes/RID/native, which the runtime's own search finds.
        return NativeLibrary.TryLoad(name, assembly, null, out nint found) || NativeLibrary.TryLoad("libsqlite3.so.0", out found)
            ? found
            : 0;
    }
}
