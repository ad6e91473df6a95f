namespace LightVM.Reconcile;

/// <summary>What a guest that stays gives up before others are made.</summary>
/// <param name="Step">Its own step, whose turn comes after.</param>
/// <param name="Publish">The ports that it publishes until then.</param>
/// <param name="Disks">Disks that it gives up.</param>
/// <param name="Adapters">Adapters that it gives up.</param>
internal sealed record GuestHandover(PlannedStep Step, IReadOnlyList<PublishedPort> Publish, IReadOnlyList<Disk> Disks, IReadOnlyList<Adapter> Adapters);
