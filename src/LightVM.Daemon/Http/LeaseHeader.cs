using Microsoft.AspNetCore.Http;

namespace LightVM.Daemon.Http;

/// <summary>The lease that a request of a reconcile run is made under.</summary>
internal static class LeaseHeader
{
    /// <summary>Null: it is made under none.</summary>
    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static Guid? Of(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(FleetLease.Header, out var value))
        {
            return null;
        }

        string text = value.ToString();
        return Guid.TryParse(text, out Guid id) ? id : throw Problems.InvalidArgument($"{FleetLease.Header} takes the id of a lease, not '{text}'.", text);
    }
}
