using System.Management.Automation;
using LightVM.Tinyx;

namespace LightVM.PowerShell;

/// <summary>Tests of an image: script blocks, or probes of its host's as <c>@{ http = '/'; port = 80 }</c>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class ImageTestArgumentAttribute : ListArgumentAttribute
{
    private const int LastPort = 65_535;

    protected override object Convert(IEnumerable<object> items) => items.Select(Convert).ToArray();

    private static object Convert(object item)
    {
        if (item is ScriptBlock or HttpProbe)
        {
            return item;
        }

        var members = new ArgumentMembers(item);
        string path = members.Text("http") ?? throw new FormatException("A test is a script block, or a probe: @{ http = '/'; port = 80 }.");
        int port = members.Number("port") ?? 80;
        members.ThrowIfAnyIsLeft("A probe");
        return !path.StartsWith('/') || path.Any(char.IsControl) || path.Contains(' ', StringComparison.Ordinal)
            ? throw new FormatException($"'{path}' is no path of a page: begin it with /, without spaces.")
            : port is < 1 or > LastPort ? throw new FormatException($"{port} is no port: 1 to {LastPort}.")
            : new HttpProbe(path, port);
    }
}
