using System.Globalization;
using System.Security.Cryptography;

namespace LightVM.Toolstack;

/// <summary>
/// How a destination knows that the source has given a guest up, although the two never speak: the stream's header has the SHA-256 of a
/// token that the source hands out when it does so, and not before.
/// </summary>
internal static class MoveProof
{
    public const int Length = 64;

    public static string NewToken() => RandomNumberGenerator.GetHexString(Length, lowercase: true);

    public static string Of(string token) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(token)));

    public static bool Fits(string? token, string proof) => token is { Length: Length } && Of(token) == proof;

    public static bool IsProof(string? text) => text is { Length: Length } && UInt128.TryParse(text.AsSpan(0, 32), NumberStyles.AllowHexSpecifier, null, out _) &&
        UInt128.TryParse(text.AsSpan(32), NumberStyles.AllowHexSpecifier, null, out _);
}
