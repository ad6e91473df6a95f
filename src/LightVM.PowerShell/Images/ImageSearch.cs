namespace LightVM.PowerShell;

internal static class ImageSearch
{
    public static Problem NotFound(string hostName, string name) => new()
    {
        Code = ErrorCodes.ImageNotFound,
        Title = ErrorCodes.ImageNotFound,
        Detail = $"There is no image '{name}' on {hostName}.",
        Target = name,
        Recommendation = $"See which there are: Get-LightVMImage -HostName {hostName}",
    };
}
