using System.Text.Json.Nodes;

namespace LightVM.Reconcile.Dsc;

/// <summary>What lies between an instance as it is and as it is to be.</summary>
/// <param name="Now">As it is.</param>
/// <param name="Differing">Names of the properties that are not as they are to be; empty: nothing is to be done.</param>
/// <param name="Lines">What would be done, for people.</param>
/// <param name="Then">As it would be afterwards.</param>
/// <param name="ApplyAsync">Does it.</param>
public sealed record DscChange(
    JsonObject Now, IReadOnlyList<string> Differing, IReadOnlyList<string> Lines, JsonObject Then, Func<CancellationToken, Task> ApplyAsync)
{
    /// <summary>It is as it is to be.</summary>
    public static DscChange None(JsonObject now) => new(now, [], [], now, static _ => Task.CompletedTask);

    /// <summary>It goes.</summary>
    public static DscChange Removal(JsonObject now, DscInstance instance, string line, Func<CancellationToken, Task> apply) =>
        new(now, [DscInstance.ExistKey], [line], DscResource.Absent(instance), apply);
}
