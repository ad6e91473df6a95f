using System.Globalization;

namespace LightVM.Toolstack;

/// <summary>An Ethernet address: the low 48 bits, first byte highest.</summary>
public readonly record struct MacAddress(ulong Value)
{
    /// <summary>Of every address that we derive: locally administered, unicast.</summary>
    public const ulong Prefix = 0x021c_0000_0000;

    /// <summary>Whether it can be one interface's: no group address, and not all zeros.</summary>
    public bool IsUnicast => Value != 0 && ((Value >> 40) & 1) == 0;

    /// <summary>Six hexadecimal bytes with ':' or '-' between them.</summary>
    public static bool TryParse(string? text, out MacAddress address)
    {
        address = default;
        if (text is not { Length: 17 })
        {
            return false;
        }

        ulong value = 0;
        for (int i = 0; i < 6; i++)
        {
            ReadOnlySpan<char> digits = text.AsSpan(i * 3, 2);
            if (!char.IsAsciiHexDigit(digits[0]) || !char.IsAsciiHexDigit(digits[1]) || (i < 5 && text[(i * 3) + 2] is not (':' or '-')))
            {
                return false;
            }

            value = (value << 8) | byte.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }

        address = new MacAddress(value);
        return true;
    }

    public static MacAddress From(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        foreach (byte b in bytes[..6])
        {
            value = (value << 8) | b;
        }

        return new MacAddress(value);
    }

    /// <summary>Its six bytes, as on the wire.</summary>
    public void Write(Span<byte> destination)
    {
        for (int i = 0; i < 6; i++)
        {
            destination[i] = (byte)(Value >> (40 - (8 * i)));
        }
    }

    public override string ToString() => string.Create(17, Value, static (text, value) =>
    {
        for (int i = 0; i < 6; i++)
        {
            ((byte)(value >> (40 - (8 * i)))).TryFormat(text[(i * 3)..], out _, "x2", CultureInfo.InvariantCulture);
            if (i < 5)
            {
                text[(i * 3) + 2] = ':';
            }
        }
    });
}
