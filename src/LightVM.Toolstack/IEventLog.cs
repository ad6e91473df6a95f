namespace LightVM.Toolstack;

/// <summary>Takes what happened to guests and images. May be called on any thread and must not block.</summary>
public interface IEventLog
{
    /// <param name="kind">As <see cref="Event.Kind"/> lists them.</param>
    /// <param name="name">Name of the guest or image, or null.</param>
    /// <param name="id">Id of the guest, or null.</param>
    /// <param name="message">One sentence.</param>
    /// <param name="actor">Who asked for it, or <c>daemon</c>.</param>
    void Append(string kind, string? name, Guid? id, string message, string actor);
}
