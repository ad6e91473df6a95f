using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>Lists all domains, 1,024 with each hypercall.</summary>
internal sealed class DomainScan
{
    private readonly DomainInfo[] _buffer = new DomainInfo[1024];

    public void Run(XenHost xen, Action<DomainInfo> found)
    {
        uint first = 1; // dom0 is no guest
        while (true)
        {
            int count = xen.ListDomains(first, _buffer);
            for (int i = 0; i < count; i++)
            {
                found(_buffer[i]);
            }

            if (count < _buffer.Length)
            {
                return;
            }

            first = _buffer[count - 1].DomainId + 1;
        }
    }
}
