namespace LightVM.Client;

/// <summary>The texts of moves that end between two hosts. Pure.</summary>
internal static class MoveFailure
{
    public static Problem EndedEarly => new()
    {
        Code = ErrorCodes.Canceled,
        Title = "Canceled",
        Detail = "The source has ended the move before all was sent.",
        Recommendation = "Run Move-LightVM again.",
    };

    public static LightVMException InDoubt(Guest guest, LightVMClient source, LightVMClient destination, Exception cause) => Make(
        guest.Name,
        $"Whether guest '{guest.Name}' is to run on '{source.HostName}' or on '{destination.HostName}' is not known; it runs on neither: {cause.Message}",
        "Run Move-LightVM again when both hosts answer; if one of them is lost, decide with Resolve-LightVMMove.",
        cause);

    public static LightVMException NotSettled(Guest guest, LightVMClient source, LightVMClient destination, Exception cause) => Make(
        guest.Name,
        $"Guest '{guest.Name}' runs on '{destination.HostName}', but not both hosts know that yet: {cause.Message}",
        $"Run Move-LightVM again when '{source.HostName}' and '{destination.HostName}' answer.",
        cause);

    public static LightVMException Undecided(string guest, LightVMClient source, LightVMClient destination) => Make(
        guest,
        $"What '{source.HostName}' and '{destination.HostName}' have of guest '{guest}' is not of one move, and which is to run cannot be told.",
        "See what each has (Get-LightVM), and decide with Resolve-LightVMMove.",
        null);

    private static LightVMException Make(string target, string detail, string recommendation, Exception? cause) => new(
        new Problem { Code = ErrorCodes.MoveInDoubt, Title = "Move in doubt", Detail = detail, Target = target, Recommendation = recommendation },
        cause);
}
