using System.Text.Json;
using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>A TimeSpan as a number of milliseconds, or null.</summary>
public sealed class NullableMillisecondsConverter : JsonConverter<TimeSpan?>
{
    public override TimeSpan? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? null : TimeSpan.FromMilliseconds(reader.GetDouble());

    public override void Write(Utf8JsonWriter writer, TimeSpan? value, JsonSerializerOptions options)
    {
        if (value is { } span)
        {
            writer.WriteNumberValue(Math.Round(span.TotalMilliseconds, 3));
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
