using LightVM.Client;

namespace LightVM.Tinyx;

/// <summary>How an image is tried once it is built.</summary>
/// <param name="Client">The host that it is tried on.</param>
/// <param name="Tests">All of them have to pass.</param>
/// <param name="Patience">For how long each may fail while the application starts.</param>
/// <param name="MeasureMemory">Looks for the least memory with which it passes, and writes that into image.json.</param>
public sealed record ImageTests(LightVMClient Client, IReadOnlyList<IImageTest> Tests, TimeSpan Patience, bool MeasureMemory)
{
    private const long Kernel = 3L << 20;

    /// <summary>Tries an image that has just been built.</summary>
    /// <param name="directory">Where it lies.</param>
    /// <param name="manifest">What its image.json says.</param>
    /// <param name="rootSize">Bytes of its root file system, all of which is memory.</param>
    /// <param name="step">Called with what is being done.</param>
    /// <param name="cancellationToken">Ends it; nothing is left on the host.</param>
    /// <returns>The least memory that it passes with, in bytes, if that was wanted.</returns>
    /// <exception cref="LightVMException">TestFailed: it says which test, why, and what the guest's console said.</exception>
    internal async Task<long?> RunAsync(string directory, ImageManifest manifest, long rootSize, Action<string> step, CancellationToken cancellationToken)
    {
        long fails = (rootSize + Kernel) / MemorySearch.Step * MemorySearch.Step;
        long works = Math.Max((manifest.MinimumMemory + MemorySearch.Step - 1) / MemorySearch.Step * MemorySearch.Step, fails + MemorySearch.Step);
        ImageTrial trial = await ImageTrial.BeginAsync(Client, directory, MeasureMemory ? fails : null, cancellationToken).ConfigureAwait(false);
        await using (trial.ConfigureAwait(false))
        {
            step($"Testing it with {works >> 20} MB");
            if (await TryAsync(works).ConfigureAwait(false) is { } failure)
            {
                throw new LightVMException(
                    ErrorCodes.TestFailed, $"The image does not pass its test: {failure}", manifest.Name, "Nothing was written. Look at what the console says; -Keep brings back a file that is missed, -MinimumMemory gives it more memory.");
            }

            return !MeasureMemory ? null : await MemorySearch.FindAsync(works, fails, async bytes =>
            {
                step($"Testing it with {bytes >> 20} MB");
                // Twice: near the limit it is chance.
                return await TryAsync(bytes).ConfigureAwait(false) is null && await TryAsync(bytes).ConfigureAwait(false) is null;
            }).ConfigureAwait(false);
        }

        Task<string?> TryAsync(long memory) => trial.RunAsync(new ImageTrial.Guests(memory, null, Patience), Tests, cancellationToken);
    }
}
