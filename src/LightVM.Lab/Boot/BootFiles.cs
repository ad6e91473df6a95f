namespace LightVM.Lab.Boot;

/// <summary>
/// The boot files under names that QEMU's -initrd, where blanks and commas separate, can take wherever the checkout lies.
/// </summary>
internal sealed record BootFiles(string Xen, string Linux, string Initramfs)
{
    /// <summary>Makes the links in a lab's runtime directory.</summary>
    public static BootFiles Link(string directory, string xen, string linux, string initramfs)
    {
        return new BootFiles(Make("xen", xen), Make("vmlinux", linux), Make("initramfs", initramfs));

        string Make(string name, string target)
        {
            var link = Path.Combine(directory, name);
            File.Delete(link);
            File.CreateSymbolicLink(link, target);
            return link;
        }
    }
}
