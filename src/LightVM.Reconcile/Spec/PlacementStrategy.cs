namespace LightVM.Reconcile;

/// <summary>Which of the hosts that may have a new guest gets it.</summary>
public enum PlacementStrategy
{
    /// <summary>The one with the fewest guests of the entry, then of the fleet, then with the most memory left.</summary>
    Spread,

    /// <summary>The one with the least memory left in which it fits.</summary>
    Pack,
}
