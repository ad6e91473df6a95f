namespace LightVM.Toolstack;

/// <summary>
/// Ports of the host that lead to guests: to one, or spread over those of a group that serve. What the firewall has follows from
/// the guests that are entered here. Not thread-safe.
/// </summary>
internal sealed class PublishedPorts(IFirewall firewall, Func<PortRule, string?> portUser)
{
    private readonly PortTable _table = new();
    private readonly Dictionary<SharedPort, PortRule?[]> _slots = [];

    /// <summary>Guests that shared ports lead to.</summary>
    private readonly HashSet<Guid> _serving = [];

    /// <summary>Leads ports to a guest, in place of those said before. Those of a group do so only while it serves.</summary>
    /// <param name="ask">Whether a program of the host may have one of them.</param>
    /// <exception cref="LightVMException">PortInUse, FeatureMissing, InternalError: then it is as it was.</exception>
    public void Publish(Guid guest, string name, List<PortRule> rules, bool ask)
    {
        IReadOnlyList<PortRule> before = _table.Remove(guest);
        try
        {
            if (ask)
            {
                RequireFree(name, rules.Except(before));
            }

            _table.Add(guest, name, rules);
            Apply(rules, before);
        }
        catch
        {
            _ = _table.Remove(guest);
            if (before.Count > 0)
            {
                _table.Add(guest, name, [.. before]);
            }

            throw;
        }
    }

    /// <summary>Whether ports could be led to a guest. Nothing is taken.</summary>
    /// <exception cref="LightVMException">PortInUse.</exception>
    public void Check(string name, List<PortRule> rules)
    {
        RequireFree(name, rules);
        _table.Add(Guid.Empty, name, rules);
        _ = _table.Remove(Guid.Empty);
    }

    /// <summary>Takes back what a guest has published; nothing is no error.</summary>
    public void Unpublish(Guid guest)
    {
        IReadOnlyList<PortRule> rules = _table.Remove(guest);
        _serving.Remove(guest);
        if (rules.Count > 0)
        {
            Apply([], rules);
        }
    }

    /// <summary>Whether the ports that a guest shares lead new connections to it. Those that it has stay.</summary>
    public void Serve(Guid guest, bool serves)
    {
        if (serves ? _serving.Add(guest) : _serving.Remove(guest))
        {
            Apply([], [], _table.Of(guest));
        }
    }

    private void RequireFree(string name, IEnumerable<PortRule> rules)
    {
        if (rules.Select(rule => (rule, user: portUser(rule))).FirstOrDefault(pair => pair.user is not null) is { user: not null } used)
        {
            throw PortTable.InUse(name, used.rule, used.user);
        }
    }

    /// <summary>One step for the firewall: rules of single guests, and the slots of all ports that these rules are about.</summary>
    private void Apply(IReadOnlyList<PortRule> added, IReadOnlyList<PortRule> removed, IReadOnlyList<PortRule>? touched = null)
    {
        var come = added.Where(rule => rule.Group is null).ToList();
        var gone = removed.Where(rule => rule.Group is null).ToList();
        var changed = new Dictionary<SharedPort, PortRule?[]>();
        foreach (SharedPort port in added.Concat(removed).Concat(touched ?? []).Where(rule => rule.Group is not null).Select(SharedPort.Of).Distinct())
        {
            PortRule?[] now = _slots.GetValueOrDefault(port) ?? new PortRule?[SpreadSlots.Count];
            PortRule?[] next = SpreadSlots.Assign(now, _table.Sharing(port, _serving));
            changed[port] = next;
            for (int slot = 0; slot < SpreadSlots.Count; slot++)
            {
                if (now[slot] != next[slot])
                {
                    AddTo(gone, now[slot], slot);
                    AddTo(come, next[slot], slot);
                }
            }
        }

        firewall.ChangePorts(come, gone);
        foreach ((SharedPort port, PortRule?[] slots) in changed)
        {
            if (Array.TrueForAll(slots, rule => rule is null))
            {
                _slots.Remove(port);
            }
            else
            {
                _slots[port] = slots;
            }
        }
    }

    private static void AddTo(List<PortRule> rules, PortRule? rule, int slot)
    {
        if (rule is not null)
        {
            rules.Add(rule with { Slot = slot });
        }
    }
}
