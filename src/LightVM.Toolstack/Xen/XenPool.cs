using System.Collections.Concurrent;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// Open Xen handles. A handle serves one thread at a time: whoever needs Xen rents one, works on its own thread (no switch to
/// another one lies on the way of a creation) and gives it back. The one used last is given out first: its caches are warm.
/// </summary>
internal sealed class XenPool : IDisposable
{
    private const int Most = 4;
    private readonly ConcurrentStack<XenHost> _idle = new();
    private readonly SemaphoreSlim _free = new(Most, Most);

    public Lease Rent()
    {
        _free.Wait();
        try
        {
            return new Lease(this, _idle.TryPop(out XenHost? host) ? host : XenHost.Open());
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    public void Dispose()
    {
        while (_idle.TryPop(out XenHost? host))
        {
            host.Dispose();
        }

        _free.Dispose();
    }

    public readonly struct Lease : IDisposable
    {
        private readonly XenPool _pool;

        public Lease(XenPool pool, XenHost host)
        {
            _pool = pool;
            Host = host;
        }

        public XenHost Host { get; }

        public void Dispose()
        {
            _pool._idle.Push(Host);
            _pool._free.Release();
        }
    }
}
