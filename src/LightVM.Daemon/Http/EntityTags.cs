using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace LightVM.Daemon.Http;

/// <summary>Revisions as entity tags: revision 7 is <c>"7"</c>.</summary>
internal static class EntityTags
{
    public static string Of(long revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <summary>The revision that an If-Match asks for; null if there is none, or <c>*</c>.</summary>
    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static long? IfMatch(HttpRequest request)
    {
        string text = request.Headers.IfMatch.ToString();
        if (text.Length == 0 || text == "*")
        {
            return null;
        }

        return text is ['"', .. var inner, '"'] && long.TryParse(inner, NumberStyles.None, CultureInfo.InvariantCulture, out long revision)
            ? revision
            : throw Problems.InvalidArgument($"If-Match takes one entity tag as a GET gave it, like \"3\", not '{text}'.", text);
    }
}
