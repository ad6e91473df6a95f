using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>References inside the file, third part: local files that guests are given.</summary>
internal static class FileReferences
{
    public static async Task CheckAsync(FleetSpec spec, FindingList findings, CancellationToken cancellationToken)
    {
        foreach (GuestSpec guest in spec.Guests)
        {
            foreach (FileSpec file in guest.Files.Where(file => file.Source is not null))
            {
                await ReadAsync(file, findings, cancellationToken).ConfigureAwait(false);
            }

            ApplicationBinder.CheckTotal(guest.Files, guest.MarkOf("files"), $"{guest.Path}.files", findings);
        }
    }

    private static async Task ReadAsync(FileSpec file, FindingList findings, CancellationToken cancellationToken)
    {
        const string expected = "a local file of at most 1 MB, relative to the spec file";
        string what = $"file '{YamlScalar.Show(file.Path)}'";
        try
        {
            if (new FileInfo(file.Source!) is { Exists: true, Length: > GuestFile.MaxTotal } large)
            {
                findings.Add(file.Mark, $"{file.Place}.path", $"{what}: {file.Source} has {large.Length:N0} bytes", expected);
                return;
            }

            file.Content = await File.ReadAllBytesAsync(file.Source!, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message.TrimEnd('.');
            findings.Add(file.Mark, $"{file.Place}.path", $"{what}: {file.Source}: {why}", expected);
        }
    }
}
