using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <content>Domains that exist.</content>
public sealed unsafe partial class XenHost
{
    /// <summary>Lists domains from <paramref name="first"/> up, as many as the buffer holds. One hypercall.</summary>
    /// <returns>How many were written.</returns>
    public int ListDomains(uint first, Span<DomainInfo> buffer)
    {
        NativeError error = default;
        uint count = 0;
        fixed (DomainInfo* domains = buffer)
        {
            return lightvm_domain_list(this, first, (uint)buffer.Length, domains, &count, &error) == 0
                ? (int)Math.Min(count, (uint)buffer.Length)
                : throw error.ToException();
        }
    }

    /// <summary>Whether there is a domain of that number and that handle: numbers come again.</summary>
    public bool Has(uint domain, Guid handle)
    {
        Span<DomainInfo> found = stackalloc DomainInfo[1];
        return ListDomains(domain, found) == 1 && found[0].DomainId == domain && found[0].Uuid == handle;
    }

    public void Pause(uint domain)
    {
        NativeError error = default;
        if (lightvm_domain_pause(this, domain, &error) != 0)
        {
            throw error.ToException();
        }
    }

    public void Unpause(uint domain)
    {
        NativeError error = default;
        if (lightvm_domain_unpause(this, domain, &error) != 0)
        {
            throw error.ToException();
        }
    }

    /// <summary>Ends it at once and gives its memory back. False: there was none.</summary>
    public bool Destroy(uint domain)
    {
        NativeError error = default;
        return lightvm_domain_destroy(this, domain, &error) == 0 ||
            (error.ErrorNumber == Errno.ESRCH ? false : throw error.ToException());
    }

    /// <summary>Sets the hard affinity of all its vCPUs.</summary>
    /// <param name="affinity">256 bits in four words; all zero: any CPU.</param>
    public void SetAffinity(uint domain, ReadOnlySpan<ulong> affinity)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(affinity.Length, GuestConfig.AffinityWords);
        NativeError error = default;
        fixed (ulong* words = affinity)
        {
            if (lightvm_domain_set_affinity(this, domain, words, &error) != 0)
            {
                throw error.ToException();
            }
        }
    }

    /// <summary>Writes the memory of a crashed domain to a file, as Xen's ELF core format.</summary>
    public void Dump(uint domain, SafeHandle file)
    {
        NativeError error = default;
        bool added = false;
        try
        {
            file.DangerousAddRef(ref added);
            if (lightvm_domain_dump(this, domain, (int)file.DangerousGetHandle(), &error) != 0)
            {
                throw error.ToException();
            }
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_domain_list(
        XenHost host, uint first, uint capacity, DomainInfo* domains, uint* count, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_domain_pause(XenHost host, uint domid, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_domain_unpause(XenHost host, uint domid, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_domain_destroy(XenHost host, uint domid, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_domain_set_affinity(XenHost host, uint domid, ulong* affinity, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_domain_dump(XenHost host, uint domid, int fd, NativeError* error);
}
