namespace LightVM.Tinyx;

/// <summary>The least memory with which something still works.</summary>
internal static class MemorySearch
{
    /// <summary>To the megabyte.</summary>
    public const long Step = 1L << 20;

    /// <param name="works">Bytes that are known to be enough, a multiple of <see cref="Step"/>.</param>
    /// <param name="fails">Bytes that cannot be enough; another such multiple.</param>
    /// <param name="try">Whether so many bytes are.</param>
    public static async Task<long> FindAsync(long works, long fails, Func<long, Task<bool>> @try)
    {
        while (works - fails > Step)
        {
            long middle = fails + ((works - fails) / 2 / Step * Step);
            if (await @try(middle).ConfigureAwait(false))
            {
                works = middle;
            }
            else
            {
                fails = middle;
            }
        }

        return works;
    }
}
