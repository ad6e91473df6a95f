namespace LightVM.Toolstack;

/// <summary>One guest that an action was asked for, and what became of it.</summary>
internal sealed class ActionTarget(string target, ManagedGuest? guest)
{
    public string Target { get; } = target;

    public ManagedGuest? Guest { get; } = guest;

    public Problem? Problem { get; set; }

    public bool Changed { get; set; }

    public bool Removed { get; set; }

    public GuestResult ToResult(DateTimeOffset now) => new()
    {
        Target = Target,
        Guest = Problem is null && !Removed ? Guest!.ToGuest(now) : null,
        Problem = Problem,
        Changed = Changed,
    };
}
