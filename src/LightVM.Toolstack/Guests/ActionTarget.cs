namespace LightVM.Toolstack;

/// <summary>One guest that an action was asked for, and what became of it.</summary>
internal sealed class ActionTarget(string target, ManagedGuest? guest)
{
    public string Target { get; } = target;

    public ManagedGuest? Guest { get; } = guest;

    public Problem? Problem { get; set; }

    public bool Changed { get; set; }

    public bool Removed { get; set; }

    /// <summary>The checkpoint that it was saved in, when its memory is given up; or null.</summary>
    public string? SavedIn { get; set; }

    /// <summary>Those that ids, then names, ask for; one that is not there has its problem.</summary>
    public static List<ActionTarget> Resolve(GuestRegistry guests, IReadOnlyList<Guid>? ids, IReadOnlyList<string>? names)
    {
        var targets = new List<ActionTarget>();
        foreach (Guid id in ids ?? [])
        {
            Add(id.ToString("D"), guests.Find(id));
        }

        foreach (string name in names ?? [])
        {
            Add(name ?? "", guests.Find(name));
        }

        return targets;

        void Add(string target, ManagedGuest? guest) =>
            targets.Add(new ActionTarget(target, guest) { Problem = guest is null ? Problems.GuestNotFound(target).Problem : null });
    }

    public GuestResult ToResult(DateTimeOffset now, Checkpoint? checkpoint = null) => new()
    {
        Target = Target,
        Guest = Problem is null && !Removed ? Guest!.ToGuest(now) : null,
        Problem = Problem,
        Checkpoint = checkpoint,
        Changed = Changed,
    };
}
