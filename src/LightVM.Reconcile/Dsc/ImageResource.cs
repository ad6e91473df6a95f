using System.Text.Json.Nodes;
using LightVM.Client;

namespace LightVM.Reconcile.Dsc;

/// <summary>LightVM/Image: an image that a host holds, brought there from a directory of the machine where the engine runs.</summary>
internal sealed class ImageResource : DscResource
{
    private const string PathKey = "path";

    public override string Word => "image";

    public override string Description => "An image that a LightVM host holds. Guests that run keep the image that they were made of.";

    public override JsonObject Settings() => new()
    {
        [DscInstance.NameKey] = Described(SpecSchema.ValueOf("Image", "name"), "Its name on the host."),
        [PathKey] = Described(SpecTexts.Text(), "Absolute path of the directory with image.json, on this machine. Without it, any image of that name will do."),
    };

    public override JsonObject Shown() => new()
    {
        ["digest"] = SpecTexts.Text(), ["kind"] = SpecTexts.Text(), ["size"] = new JsonObject { ["type"] = "integer" }, ["minimumMemory"] = new JsonObject { ["type"] = "integer" },
    };

    public override async Task<JsonObject> GetAsync(DscInstance instance, LightVMClient client, CancellationToken cancellationToken) =>
        await client.Images.FindAsync(instance.Name, cancellationToken).ConfigureAwait(false) is { } image ? Named(instance, Told(image)) : Absent(instance);

    public override async Task<DscChange> PlanAsync(DscInstance instance, LightVMClient client, CancellationToken cancellationToken)
    {
        Image? there = await client.Images.FindAsync(instance.Name, cancellationToken).ConfigureAwait(false);
        JsonObject now = there is null ? Absent(instance) : Named(instance, Told(there));
        if (!instance.Exists)
        {
            return there is null
                ? DscChange.None(now)
                : DscChange.Removal(now, instance, $"Remove image {there.Name} from {client.HostName}", token => client.Images.RemoveAsync(there.Name, token));
        }

        if (AbsolutePath(instance, PathKey) is not { } path)
        {
            return there is not null ? DscChange.None(now) : throw DscInstance.Invalid($"{client.HostName} has no image '{instance.Name}', and '{PathKey}' does not say where it is to come from.");
        }

        ImageDirectory directory = (await ImageDirectory.ReadAsync(path, cancellationToken).ConfigureAwait(false)).As(instance.Name);
        string digest = directory.Manifest.ComputeDigest();
        if (there?.Digest == digest)
        {
            now[PathKey] = path;
            return DscChange.None(now);
        }

        JsonObject then = Named(instance, new JsonObject { [PathKey] = path, ["digest"] = digest, ["kind"] = directory.Manifest.Kind, ["minimumMemory"] = directory.Manifest.MinimumMemory });
        string line = there is null ? $"Import image {instance.Name} to {client.HostName}" : $"Replace image {instance.Name} on {client.HostName}: it has changed";
        return new DscChange(
            now, [there is null ? DscInstance.ExistKey : PathKey], [line], then,
            token => client.Images.ImportAsync(directory, force: true, token));
    }

    public override async Task<IReadOnlyList<JsonObject>> ExportAsync(LightVMClient client, CancellationToken cancellationToken) =>
        [.. (await client.Images.ListAsync(cancellationToken).ConfigureAwait(false)).Select(image => Exported(image.Name, Told(image)))];

    private static JsonObject Told(Image image) => new()
    {
        [DscInstance.ExistKey] = true, ["digest"] = image.Digest, ["kind"] = image.Kind, ["size"] = image.Size, ["minimumMemory"] = image.MinimumMemory,
    };
}
