using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>References inside the file, third part: local files that guests are given.</summary>
internal static class FileReferences
{
    public static async Task CheckAsync(FleetSpec spec, FindingList findings, ISpecSource source, CancellationToken cancellationToken)
    {
        foreach (GuestSpec guest in spec.Guests)
        {
            foreach (FileSpec file in guest.Files.Where(file => file.Source is not null))
            {
                await ReadAsync(file, findings, source, cancellationToken).ConfigureAwait(false);
            }

            ApplicationBinder.CheckTotal(guest.Files, guest.MarkOf("files"), $"{guest.Path}.files", findings);
        }
    }

    private static async Task ReadAsync(FileSpec file, FindingList findings, ISpecSource source, CancellationToken cancellationToken)
    {
        const string expected = "a local file of at most 1 MB, relative to the spec file";
        string what = $"file '{YamlScalar.Show(file.Path)}'";
        try
        {
            file.Content = await source.ReadFileAsync(file.Source!, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            findings.Add(file.Mark, $"{file.Place}.path", $"{what}: {e.Message.TrimEnd('.')}", expected);
        }
    }
}
