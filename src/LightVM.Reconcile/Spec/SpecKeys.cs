namespace LightVM.Reconcile;

/// <summary>Every key of a spec, by the object that has it. The binders and docs/spec.md follow these tables.</summary>
public static class SpecKeys
{
    public const string ApiVersion = "lightvm/v1";
    public const string Kind = "Fleet";

    /// <summary>Replicas of one guest, and guests of one request.</summary>
    public const int MaxReplicas = CreateGuestsRequest.MaxBatch;

    /// <summary>Guests of one spec.</summary>
    public const int MaxGuests = 100_000;

    public const int MaxVCpus = 128;

    /// <summary>Bytes of a command line: Xen's start_info holds 1,024 with the zero at the end.</summary>
    public const int MaxCommandLine = 1023;

    private const string Live = "live";
    private const string Restart = "restart";
    private const string Replace = "replace";

    public static IReadOnlyList<SpecKey> Fleet { get; } =
    [
        new("apiVersion", "`lightvm/v1`", null),
        new("kind", "`Fleet`", null),
        new("metadata", "mapping", null),
        new("images", "list of images", "none"),
        new("guests", "list of guests", null),
    ];

    public static IReadOnlyList<SpecKey> Metadata { get; } =
    [
        new("name", "lower-case letters, digits and `-`, at most 63", null),
    ];

    public static IReadOnlyList<SpecKey> Image { get; } =
    [
        new("name", "lower-case letters, digits and `-`, at most 63", null),
        new("path", "path of a directory that holds image.json, relative to the spec file", null),
    ];

    public static IReadOnlyList<SpecKey> Guest { get; } =
    [
        new("name", "lower-case letters, digits and `-`, at most 63", null, "another guest"),
        new("image", "name of an image, of `images:` or on the host", null, Replace),
        new("replicas", "0 to 10,000", "one guest without a number", "guests are created or deleted"),
        new("memory", "size, a multiple of 4KB", "the image's minimum", Restart),
        new("vcpus", "1 to 128", "1", Restart),
        new("restartPolicy", "`never`, `onFailure` or `always`", "never", Live),
        new("onCrash", "`destroy`, `restart`, `preserve` or `dump`", "destroy", Live),
        new("labels", "mapping of strings", "none", Live),
        new("affinity", "CPUs such as `0-1,3`", "any CPU", Live),
        new("cpuPool", "number of a Xen cpupool", "0", Restart),
        new("commandLine", "string, at most 1,023 bytes", "the image's", Restart),
    ];
}
