namespace LightVM.Dsc;

/// <summary>What the process ends with; the manifests say the same of each.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The host refused, or failed to do it.</summary>
    public const int Failed = 1;

    /// <summary>The instance is not what the schema says.</summary>
    public const int InvalidInput = 2;

    /// <summary>The host cannot be reached, or not by this user.</summary>
    public const int Unreachable = 3;

    /// <summary>The arguments are not those that the manifests name.</summary>
    public const int WrongArguments = 4;

    /// <summary>For people.</summary>
    public static IReadOnlyDictionary<int, string> Texts { get; } = new SortedDictionary<int, string>
    {
        [Success] = "Done",
        [Failed] = "The host refused, or could not do it",
        [InvalidInput] = "The properties are not valid",
        [Unreachable] = "The LightVM host cannot be reached by this user",
        [WrongArguments] = "lightvm-dsc was called in a way that it does not know",
    };

    public static int Of(string errorCode) => errorCode switch
    {
        ErrorCodes.HostUnreachable or ErrorCodes.HostNotConnected or ErrorCodes.AccessDenied => Unreachable,
        ErrorCodes.SpecInvalid or ErrorCodes.SpecNotFound or ErrorCodes.InvalidArgument or ErrorCodes.ImageInvalid => InvalidInput,
        _ => Failed,
    };
}
