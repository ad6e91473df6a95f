using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace LightVM.Daemon.Http;

/// <summary>What a request's <c>Prefer</c> (RFC 7240) asks for; what we do not know of it is ignored, as it must be.</summary>
internal static class Preferences
{
    public const string RespondAsync = "respond-async";

    /// <summary>No body where the status says all that there is to say.</summary>
    public const string ReturnMinimal = "return=minimal";

    public static bool Has(HttpRequest request, string preference)
    {
        StringValues values = request.Headers["Prefer"];
        for (int i = 0; i < values.Count; i++)
        {
            ReadOnlySpan<char> value = values[i];
            foreach (Range part in value.Split(','))
            {
                ReadOnlySpan<char> one = value[part];
                int end = one.IndexOf(';'); // parameters, of which neither has any
                if ((end < 0 ? one : one[..end]).Trim().Equals(preference, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
