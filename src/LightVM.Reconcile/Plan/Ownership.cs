namespace LightVM.Reconcile;

/// <summary>
/// Which guests a fleet owns. A guest carries its fleet from its creation, so ownership outlives a run that was interrupted
/// before it recorded the inventory; the inventory counts where the guest carries none. Labels never count.
/// </summary>
internal sealed class Ownership
{
    private readonly string fleet;
    private readonly HashSet<Guid> inventory;

    public Ownership(string fleet, Fleet? record)
    {
        this.fleet = fleet;
        inventory = [.. record?.Guests ?? []];
    }

    public bool Owns(Guest guest) =>
        string.IsNullOrEmpty(guest.Fleet) ? inventory.Contains(guest.Id) : guest.Fleet == fleet;
}
