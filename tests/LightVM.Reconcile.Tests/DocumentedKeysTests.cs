using System.Runtime.CompilerServices;
using System.Text;

namespace LightVM.Reconcile.Tests;

/// <summary>docs/spec.md shows the tables that the binders follow. With LIGHTVM_WRITE_EXPECTED set it is rewritten.</summary>
public sealed class DocumentedKeysTests
{
    [Theory]
    [InlineData("Fleet")]
    [InlineData("Metadata")]
    [InlineData("Image")]
    [InlineData("Recipe")]
    [InlineData("Network")]
    [InlineData("Pool")]
    [InlineData("Guest")]
    [InlineData("Adapter")]
    [InlineData("Disk")]
    [InlineData("File")]
    [InlineData("Probes")]
    [InlineData("Probe")]
    [InlineData("Update")]
    [InlineData("Secret")]
    [InlineData("Host")]
    [InlineData("Placement")]
    public void The_tables_are_in_the_document(string name)
    {
        IReadOnlyList<SpecKey> keys = name switch
        {
            "Fleet" => SpecKeys.Fleet,
            "Metadata" => SpecKeys.Metadata,
            "Image" => SpecKeys.Image,
            "Recipe" => SpecKeys.Recipe,
            "Network" => SpecKeys.Network,
            "Pool" => SpecKeys.Pool,
            "Adapter" => SpecKeys.Adapter,
            "Disk" => SpecKeys.Disk,
            "File" => SpecKeys.File,
            "Probes" => SpecKeys.Probes,
            "Probe" => SpecKeys.Probe,
            "Update" => SpecKeys.Update,
            "Secret" => SpecKeys.Secret,
            "Host" => SpecKeys.Host,
            "Placement" => SpecKeys.Placement,
            _ => SpecKeys.Guest,
        };
        string document = File.ReadAllText(Document());
        string expected = $"<!-- table {name} -->\n\n{Table(keys)}";
        if (Environment.GetEnvironmentVariable("LIGHTVM_WRITE_EXPECTED") is { Length: > 0 })
        {
            int start = document.IndexOf($"<!-- table {name} -->", StringComparison.Ordinal);
            int end = start + $"<!-- table {name} -->\n\n".Length;
            while (document[end] == '|')
            {
                end = document.IndexOf('\n', end) + 1;
            }

            string rest = document[end..].TrimStart('\n');
            File.WriteAllText(Document(), $"{document[..start]}{expected}\n{rest}");
        }

        Assert.Contains(expected, document, StringComparison.Ordinal);
    }

    private static string Document([CallerFilePath] string source = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "../../docs/spec.md"));

    private static string Table(IReadOnlyList<SpecKey> keys)
    {
        bool changes = keys.Any(key => key.Change is not null);
        var table = new StringBuilder(changes ? "| key | value | default | change |\n| --- | --- | --- | --- |\n" : "| key | value | default |\n| --- | --- | --- |\n");
        foreach (SpecKey key in keys)
        {
            table.Append($"| `{key.Name}` | {key.Type} | {key.Default ?? "*required*"} |{(changes ? $" {key.Change} |" : "")}\n");
        }

        return table.ToString();
    }
}
