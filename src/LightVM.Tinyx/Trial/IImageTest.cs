using LightVM.Client;

namespace LightVM.Tinyx;

/// <summary>Says whether a guest of an image does what it is for. ToString says what it tests, so that a search knows it again.</summary>
public interface IImageTest
{
    /// <summary>Null: it does; else what it does not, in a sentence. Called again until the time is over, since an application needs its time to start.</summary>
    /// <param name="client">The guest's host.</param>
    /// <param name="guest">It runs.</param>
    /// <param name="cancellationToken">The time is over.</param>
    Task<string?> TryAsync(LightVMClient client, Guest guest, CancellationToken cancellationToken);
}
