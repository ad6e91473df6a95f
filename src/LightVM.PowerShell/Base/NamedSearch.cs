using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>How things of one kind that hosts have by name are found.</summary>
/// <param name="Noun">Such as <c>image</c>.</param>
/// <param name="Code">Of <see cref="ErrorCodes"/>: there is none.</param>
/// <param name="Get">The cmdlet that shows them.</param>
/// <param name="ListAsync">All of a host.</param>
/// <param name="NameOf">The name of one.</param>
/// <param name="HostOf">The host of one, as this session names it.</param>
internal sealed record NamedSearch<T>(
    string Noun,
    string Code,
    string Get,
    Func<LightVMClient, CancellationToken, Task<IReadOnlyList<T>>> ListAsync,
    Func<T, string> NameOf,
    Func<T, string?> HostOf)
{
    public async Task<(IReadOnlyList<T> Found, IReadOnlyList<string> Missing)> FindAsync(
        LightVMClient client, IEnumerable<string> names, CancellationToken cancellationToken) =>
        new GuestNames(names).Match(await ListAsync(client, cancellationToken).ConfigureAwait(false), NameOf);

    public Problem NotFound(string hostName, string name) => new()
    {
        Code = Code,
        Title = Code,
        Detail = $"There is no {Noun} '{name}' on {hostName}.",
        Target = name,
        Recommendation = $"See which there are: {Get} -HostName {hostName}",
    };
}
