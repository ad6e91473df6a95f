namespace LightVM.Reconcile;

/// <summary>A guest on one of the hosts.</summary>
internal readonly record struct GuestRef(string HostName, Guid Id);
