namespace LightVM.PowerShell;

internal static class ImageSearch
{
    public static NamedSearch<Image> Images { get; } = new(
        "image", ErrorCodes.ImageNotFound, "Get-LightVMImage", (client, token) => client.Images.ListAsync(token), image => image.Name, image => image.HostName);
}
