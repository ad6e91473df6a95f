namespace LightVM.Lab.Cache;

/// <summary>What a lab boots from.</summary>
/// <param name="Xen">The hypervisor, an ELF file.</param>
/// <param name="Linux">dom0's kernel, an ELF file.</param>
/// <param name="Modules">The directory of that kernel's modules.</param>
/// <param name="KernelVersion">Its version, as uname -r says it.</param>
/// <param name="Layer">A tree laid over the machine's root for what is not installed on it; null if nothing is missing.</param>
internal sealed record LabImages(string Xen, string Linux, string Modules, string KernelVersion, string? Layer);
