using System.Security.Cryptography;
using System.Text;

namespace LightVM.Tinyx;

/// <summary>
/// What builds leave for later ones: <c>KIND/DIGEST</c> directories, each named by what it was made of. One is there whole or
/// not at all: it is made in <c>work/</c> and renamed. Several builds may use it at the same time.
/// </summary>
internal sealed class BuildCache
{
    private const string WorkDirectory = "work";

    public BuildCache(string directory)
    {
        Directory = System.IO.Directory.CreateDirectory(directory).FullName;
        RemoveLeftovers();
    }

    public string Directory { get; }

    /// <summary>$XDG_CACHE_HOME/lightvm/tinyx.</summary>
    public static string DefaultDirectory
    {
        get
        {
            string? home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            return Path.Combine(string.IsNullOrEmpty(home) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache") : home, "lightvm", "tinyx");
        }
    }

    /// <summary>A short digest over texts, each kept apart from the next.</summary>
    public static string Key(params IEnumerable<string> parts)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Join("", parts.Select(p => $"{p.Length}:{p}")));
        return Convert.ToHexStringLower(SHA256.HashData(text))[..32];
    }

    /// <summary>Where the directory of a key is, if it is there.</summary>
    public string PathOf(string kind, string key) => Path.Combine(Directory, kind, key);

    /// <summary>The directory of a key, made if it is not there.</summary>
    /// <param name="kind">Below which it lies.</param>
    /// <param name="key">Over all that it is made of.</param>
    /// <param name="make">Fills a directory that is empty; what it throws is thrown, and nothing is left.</param>
    /// <param name="cancellationToken">Ends the wait for another build that makes the same.</param>
    public async Task<string> GetAsync(string kind, string key, Func<string, Task> make, CancellationToken cancellationToken)
    {
        string final = PathOf(kind, key);
        if (System.IO.Directory.Exists(final))
        {
            return final;
        }

        System.IO.Directory.CreateDirectory(Path.Combine(Directory, kind));
        using FileStream turn = await LockAsync($"{kind}-{key}", cancellationToken).ConfigureAwait(false);
        if (System.IO.Directory.Exists(final))
        {
            return final;
        }

        string work = MakeWorkDirectory();
        try
        {
            string made = System.IO.Directory.CreateDirectory(Path.Combine(work, key)).FullName;
            await make(made).ConfigureAwait(false);
            System.IO.Directory.Move(made, final);
            return final;
        }
        finally
        {
            Remove(work);
        }
    }

    /// <summary>Waits until nobody else holds a lock of that name. Disposing it, or the end of this process, frees it.</summary>
    public async Task<FileStream> LockAsync(string name, CancellationToken cancellationToken)
    {
        string path = Path.Combine(System.IO.Directory.CreateDirectory(Path.Combine(Directory, "locks")).FullName, name);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A new directory, which the caller removes; one that is left behind by a build that was killed goes with the next.</summary>
    public string MakeWorkDirectory() =>
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, WorkDirectory, $"{Environment.ProcessId}-{Guid.NewGuid():n}")).FullName;

    /// <summary>Forgets all of a kind, so that the next build makes it anew.</summary>
    public void Forget(string kind) => Remove(Path.Combine(Directory, kind));

    public static void Remove(string directory)
    {
        if (System.IO.Directory.Exists(directory))
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    private void RemoveLeftovers()
    {
        string work = Path.Combine(Directory, WorkDirectory);
        foreach (string left in System.IO.Directory.Exists(work) ? System.IO.Directory.GetDirectories(work) : [])
        {
            string process = Path.GetFileName(left).Split('-')[0];
            if (!System.IO.Directory.Exists("/proc/" + process))
            {
                Remove(left);
            }
        }
    }
}
