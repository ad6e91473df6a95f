using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <content>Shells: guests that are built ahead.</content>
public sealed unsafe partial class XenHost
{
    /// <summary>Opens the unikernel that was created last with this handle, before it runs.</summary>
    /// <exception cref="XenException">ENOTSUP: it is no such.</exception>
    public XenShell OpenShell(uint domain)
    {
        NativeError error = default;
        nint shell = 0;
        return lightvm_shell_open(this, domain, &shell, &error) == 0 ? new XenShell(shell) : throw error.ToException();
    }

    /// <summary>Makes a guest of a shell, and lets it run. Once; after a failure the domain is to be destroyed.</summary>
    public void Claim(XenShell shell, ref readonly ShellClaim claim)
    {
        NativeError error = default;
        fixed (ShellClaim* pointer = &claim)
        {
            if (lightvm_shell_claim(this, shell, pointer, &error) != 0)
            {
                throw error.ToException();
            }
        }
    }

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_shell_open(XenHost host, uint domid, nint* shell, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_shell_claim(XenHost host, XenShell shell, ShellClaim* claim, NativeError* error);
}
