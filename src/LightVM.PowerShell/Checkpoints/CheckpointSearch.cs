namespace LightVM.PowerShell;

internal static class CheckpointSearch
{
    public static NamedSearch<Checkpoint> Checkpoints { get; } = new(
        "checkpoint",
        ErrorCodes.CheckpointNotFound,
        "Get-LightVMCheckpoint",
        (client, token) => client.Checkpoints.ListAsync(token),
        checkpoint => checkpoint.Name,
        checkpoint => checkpoint.HostName);
}
