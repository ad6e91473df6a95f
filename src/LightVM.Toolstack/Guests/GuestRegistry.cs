using System.Collections.Concurrent;

namespace LightVM.Toolstack;

/// <summary>All guests by id, by name and by the number of their present domain. Reads never wait.</summary>
internal sealed class GuestRegistry
{
    private readonly Lock _sync = new();
    private readonly ConcurrentDictionary<Guid, ManagedGuest> _byId = new();
    private readonly ConcurrentDictionary<string, ManagedGuest> _byName = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<uint, ManagedGuest> _byDomain = new();

    public int Count => _byId.Count;

    /// <summary>A moment's guests, in no order.</summary>
    public IEnumerable<ManagedGuest> All => _byId.Select(pair => pair.Value);

    /// <summary>Enters a guest, whose name and id are its own from then on.</summary>
    /// <exception cref="LightVMException">GuestExists.</exception>
    public void Add(ManagedGuest guest)
    {
        lock (_sync)
        {
            if (!_byName.TryAdd(guest.Name, guest))
            {
                throw Problems.NameTaken(guest.Name);
            }

            if (!_byId.TryAdd(guest.Id, guest))
            {
                _byName.TryRemove(guest.Name, out _);
                throw Problems.IdTaken(guest.Name, guest.Id);
            }
        }
    }

    public void Remove(ManagedGuest guest)
    {
        lock (_sync)
        {
            _byId.TryRemove(guest.Id, out _);
            _byName.TryRemove(guest.Name, out _);
        }
    }

    public ManagedGuest? Find(Guid id) => _byId.GetValueOrDefault(id);

    public ManagedGuest? Find(string? idOrName) =>
        idOrName is null ? null :
        _byName.GetValueOrDefault(idOrName) ?? (Guid.TryParse(idOrName, out Guid id) ? Find(id) : null);

    public ManagedGuest? FindDomain(uint domain) => _byDomain.GetValueOrDefault(domain);

    public void EnterDomain(uint domain, ManagedGuest guest) => _byDomain[domain] = guest;

    public void LeaveDomain(uint domain, ManagedGuest guest) =>
        _byDomain.TryRemove(new KeyValuePair<uint, ManagedGuest>(domain, guest));
}
