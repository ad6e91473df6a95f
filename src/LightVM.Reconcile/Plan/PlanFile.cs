using System.Text.Json;

namespace LightVM.Reconcile;

/// <summary>
/// A plan as a JSON file, for somebody to look at and for a later run to apply. What is in it is not trusted: a plan is made
/// again from the spec and the host, and the file only tells whether that is the one that was looked at.
/// </summary>
public static class PlanFile
{
    /// <summary>Some 100,000 guests.</summary>
    private const long LongestFile = 128 << 20;

    // Somebody may have written nulls into it.
    private static readonly LightVMJson Strict = new(new JsonSerializerOptions(LightVMJson.Default.Options) { WriteIndented = true, RespectNullableAnnotations = true });

    /// <summary>Writes the whole file, or leaves what was there.</summary>
    /// <exception cref="LightVMException">AccessDenied: the directory is not there or may not be written.</exception>
    public static async Task WriteAsync(string path, Plan plan, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(plan);
        string part = $"{path}.{Environment.ProcessId}.part";
        try
        {
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(plan, Strict.Plan);
            await File.WriteAllBytesAsync(part, json, cancellationToken).ConfigureAwait(false);
            File.Move(part, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DeleteIfThere(part);
            throw new LightVMException(ErrorCodes.AccessDenied, $"The plan cannot be written to '{path}': {e.Message}", path, "Give a file in a directory that you may write.", e);
        }
        catch (OperationCanceledException)
        {
            DeleteIfThere(part);
            throw;
        }
    }

    private static void DeleteIfThere(string part)
    {
        if (File.Exists(part))
        {
            File.Delete(part);
        }
    }

    /// <summary>Reads a plan; its steps know it as theirs.</summary>
    /// <exception cref="LightVMException">PlanNotFound, PlanInvalid, AccessDenied.</exception>
    public static async Task<Plan> ReadAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > LongestFile)
            {
                throw PlanProblems.Invalid(path, $"it has {file.Length} bytes, and a plan at most {LongestFile}.");
            }

            Plan plan = await JsonSerializer.DeserializeAsync(file, Strict.Plan, cancellationToken).ConfigureAwait(false)
                ?? throw PlanProblems.Invalid(path, "it is empty.");
            foreach (PlanStep? step in plan.Steps)
            {
                if (step is null || step.Changes.Any(change => change is null))
                {
                    throw PlanProblems.Invalid(path, "it has a null for a step or a change.");
                }

                step.Plan = plan;
            }

            return plan;
        }
        catch (JsonException e)
        {
            throw PlanProblems.Invalid(path, e.Message, e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw PlanProblems.NotFound(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LightVMException(ErrorCodes.AccessDenied, $"The plan '{path}' cannot be read: {e.Message}", path, "Give a file that you may read.", e);
        }
    }
}
