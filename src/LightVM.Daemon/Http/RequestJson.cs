using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace LightVM.Daemon.Http;

/// <summary>Reads request bodies strictly: unknown, doubled and null members are refused, and the refusal says where.</summary>
internal static class RequestJson
{
    private static readonly LightVMJson Strict = new(new JsonSerializerOptions(LightVMJson.Default.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
    });

    /// <summary>By member: System.Text.Json's own message names only the type around it.</summary>
    private static readonly Dictionary<string, string> EnumValues = new()
    {
        ["action"] = Names<GuestAction>(),
        ["restartPolicy"] = Names<RestartPolicy>(),
        ["onCrash"] = Names<CrashAction>(),
        ["for"] = Names<WaitFor>(),
        ["type"] = Names<GuestType>(),
    };

    public static JsonTypeInfo<CreateGuestsRequest> CreateGuestsRequest => Strict.CreateGuestsRequest;

    public static JsonTypeInfo<GuestActionRequest> GuestActionRequest => Strict.GuestActionRequest;

    public static JsonTypeInfo<SaveGuestsRequest> SaveGuestsRequest => Strict.SaveGuestsRequest;

    public static JsonTypeInfo<RestoreGuestsRequest> RestoreGuestsRequest => Strict.RestoreGuestsRequest;

    public static JsonTypeInfo<CopyGuestsRequest> CopyGuestsRequest => Strict.CopyGuestsRequest;

    public static JsonTypeInfo<WaitRequest> WaitRequest => Strict.WaitRequest;

    public static JsonTypeInfo<GuestChange> GuestChange => Strict.GuestChange;

    public static JsonTypeInfo<ImageManifest> ImageManifest => Strict.ImageManifest;

    public static JsonTypeInfo<NetworkDefinition> NetworkDefinition => Strict.NetworkDefinition;

    public static JsonTypeInfo<AdapterDefinition> AdapterDefinition => Strict.AdapterDefinition;

    public static JsonTypeInfo<AdapterChange> AdapterChange => Strict.AdapterChange;

    public static JsonTypeInfo<DiskDefinition> DiskDefinition => Strict.DiskDefinition;

    public static JsonTypeInfo<PoolChange> PoolChange => Strict.PoolChange;

    public static JsonTypeInfo<PoolFlavourDefinition> PoolFlavourDefinition => Strict.PoolFlavourDefinition;

    public static JsonTypeInfo<MoveCheck> MoveCheck => Strict.MoveCheck;

    public static JsonTypeInfo<MoveStart> MoveStart => Strict.MoveStart;

    public static JsonTypeInfo<Fleet> Fleet => Strict.Fleet;

    public static JsonTypeInfo<FleetLeaseRequest> FleetLeaseRequest => Strict.FleetLeaseRequest;

    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        if (body.IsEmpty)
        {
            throw Problems.InvalidArgument($"The request has no body; a {typeof(T).Name} was expected.");
        }

        try
        {
            return JsonSerializer.Deserialize(body, type)
                ?? throw Problems.InvalidArgument($"The body is null; a {typeof(T).Name} was expected.");
        }
        catch (JsonException e)
        {
            throw new LightVMException(
                ErrorCodes.InvalidArgument,
                $"The body is no valid {typeof(T).Name}: {Explain(e)}",
                e.Path,
                inner: e);
        }
    }

    /// <summary>Our words for System.Text.Json's, which name .NET types; in the words of the wire, with the place.</summary>
    private static string Explain(JsonException e)
    {
        string text = e.Message;
        int end = text.IndexOf(" Path: ", StringComparison.Ordinal);
        if (end > 0)
        {
            text = text[..end];
        }

        if (Between(text, "The JSON property '", "' could not be mapped") is { } unknown)
        {
            text = $"it has the unknown member '{unknown}'.";
        }
        else if (Between(text, "was missing required properties including: ", ".") is { } missing)
        {
            text = $"it lacks {missing}.";
        }
        else if (text.StartsWith("The JSON value could not be converted to ", StringComparison.Ordinal))
        {
            string member = e.Path is { } path ? path[(path.LastIndexOf('.') + 1)..] : "";
            text = EnumValues.TryGetValue(member, out string? values)
                ? $"the value must be one of {values}."
                : "the value has the wrong type.";
        }

        string[] place =
        [
            .. e.Path is { Length: > 1 } at ? [at] : Array.Empty<string>(),
            .. e.LineNumber is { } number ? [$"line {number + 1}", $"byte {(e.BytePositionInLine ?? 0) + 1}"] : Array.Empty<string>(),
        ];
        return place.Length == 0 ? text : $"{text} At {string.Join(", ", place)}.";
    }

    private static string? Between(string text, string before, string after)
    {
        int start = text.IndexOf(before, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        start += before.Length;
        int end = text.IndexOf(after, start, StringComparison.Ordinal);
        return end > start ? text[start..end] : text[start..];
    }

    private static string Names<TEnum>()
        where TEnum : struct, Enum =>
        string.Join(", ", Enum.GetNames<TEnum>().Select(JsonNamingPolicy.CamelCase.ConvertName));
}
