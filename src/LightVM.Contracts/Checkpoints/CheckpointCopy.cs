using System.Buffers;

namespace LightVM;

/// <summary>Takes a whole checkpoint from a stream that ends with it, verifying it on the way.</summary>
public static class CheckpointCopy
{
    private const int BufferSize = 1 << 17;

    /// <param name="source">Read to its end.</param>
    /// <param name="destination">Gets its bytes, which are not to be trusted before this returns; null: nobody.</param>
    /// <param name="target">What messages call it.</param>
    /// <param name="progress">Told of bytes so far.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What was verified.</returns>
    /// <exception cref="LightVMException">CheckpointInvalid.</exception>
    public static async Task<CheckpointVerifier> RunAsync(
        Stream source, Stream? destination, string? target, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        var verifier = new CheckpointVerifier(target);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int count;
            while ((count = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                verifier.Append(buffer.AsSpan(0, count));
                if (destination is not null)
                {
                    await destination.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                }

                progress?.Report(verifier.Length);
            }

            verifier.Complete();
            return verifier;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
