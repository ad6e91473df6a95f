using LightVM.Daemon.Http;
using LightVM.Toolstack;

namespace LightVM.Daemon.Endpoints;

/// <summary>Which guests a list is about: the same parameters wherever there is one.</summary>
internal static class GuestFilters
{
    public static readonly (string Name, string Type, string Description)[] Query =
    [
        ("name", "string", "A glob; may repeat, one must match."),
        ("state", "string", "Only guests in this state."),
        ("label", "string", "key=value, or key for any value; may repeat, all must match."),
        ("fleet", "string", "Only guests that this fleet owns."),
    ];

    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static GuestFilter Of(Call call)
    {
        if (!call.Http.Request.QueryString.HasValue)
        {
            return GuestFilter.All;
        }

        var query = new QueryReader(call.Http.Request, "name", "state", "label", "fleet");
        return new GuestFilter
        {
            Names = query.Texts("name"),
            State = query.Choice<GuestState>("state"),
            Labels = [.. query.Texts("label").Select(Label)],
            Fleet = query.Text("fleet"),
        };
    }

    private static KeyValuePair<string, string?> Label(string text) =>
        text.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? new(text[..at], text[(at + 1)..]) : new(text, null);
}
