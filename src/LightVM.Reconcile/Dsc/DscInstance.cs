using System.Text.Json;
using System.Text.Json.Nodes;

namespace LightVM.Reconcile.Dsc;

/// <summary>What the engine sends: one instance of a resource, as a configuration has it.</summary>
public sealed class DscInstance
{
    public const string NameKey = "name";
    public const string HostKey = "host";
    public const string ExistKey = "_exist";

    /// <summary>Bytes; the largest spec, and as much again for what JSON escapes.</summary>
    private const int MaxSize = 2 << 20;

    private DscInstance(JsonObject properties)
    {
        Properties = properties;
        Name = Text(NameKey) ?? "";
        Host = Text(HostKey);
        Exists = Flag(ExistKey, usual: true);
    }

    /// <summary>Empty if it is not given.</summary>
    public string Name { get; }

    /// <summary>Null: LIGHTVM_HOST, else this machine.</summary>
    public string? Host { get; }

    /// <summary>Whether it is to be there.</summary>
    public bool Exists { get; }

    /// <summary>As given, without what is null.</summary>
    public JsonObject Properties { get; }

    /// <summary>The same, to be gone.</summary>
    public DscInstance Gone()
    {
        var properties = (JsonObject)Properties.DeepClone();
        properties[ExistKey] = false;
        return new DscInstance(properties);
    }

    /// <summary>A property that is a string.</summary>
    /// <exception cref="LightVMException">InvalidArgument: it is something else.</exception>
    public string? Text(string key) => Properties[key] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw Invalid($"'{key}' is no string."),
    };

    /// <summary>A property that is a Boolean.</summary>
    /// <exception cref="LightVMException">InvalidArgument: it is something else.</exception>
    public bool Flag(string key, bool usual) => Properties[key]?.GetValueKind() switch
    {
        null => usual,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Invalid($"'{key}' is neither true nor false."),
    };

    /// <param name="given">It is the instance's from now on. What is null in it, an export or an expression has left open: it is not given.</param>
    /// <exception cref="LightVMException">InvalidArgument: a host or a Boolean that is none.</exception>
    public static DscInstance Of(JsonObject given)
    {
        ArgumentNullException.ThrowIfNull(given);
        foreach (string key in given.Where(pair => pair.Value is null).Select(pair => pair.Key).ToList())
        {
            given.Remove(key);
        }

        return new DscInstance(given);
    }

    /// <summary>Reads the one document that there is; of an empty input, an instance without properties.</summary>
    /// <exception cref="LightVMException">InvalidArgument: not one JSON object, too large, a key twice, or a host that is none.</exception>
    public static async Task<DscInstance> ReadAsync(Stream input, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MaxSize + 1];
        int length = await input.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (length > MaxSize)
        {
            throw Invalid($"The input is longer than {MaxSize} bytes.");
        }

        ReadOnlySpan<byte> json = buffer.AsSpan(0, length);
        if (json.Trim(" \t\r\n"u8).IsEmpty)
        {
            return new DscInstance([]);
        }

        try
        {
            if (JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) is not JsonObject given)
            {
                throw Invalid("The input is no JSON object.");
            }

            return Of(given);
        }
        catch (JsonException e)
        {
            throw Invalid($"The input is no JSON: {e.Message}");
        }
    }

    public static LightVMException Invalid(string text) => new(ErrorCodes.InvalidArgument, text);
}
