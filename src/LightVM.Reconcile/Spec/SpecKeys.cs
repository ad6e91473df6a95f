namespace LightVM.Reconcile;

/// <summary>Every key of a spec, by the object that has it. The binders and docs/spec.md follow these tables.</summary>
public static class SpecKeys
{
    public const string ApiVersion = "lightvm/v1";
    public const string Kind = "Fleet";

    /// <summary>The kind of a recipe file.</summary>
    public const string RecipeKind = "Recipe";

    /// <summary>Replicas of one guest, and guests of one request.</summary>
    public const int MaxReplicas = CreateGuestsRequest.MaxBatch;

    /// <summary>Guests of one spec.</summary>
    public const int MaxGuests = 100_000;

    /// <summary>Hosts of one spec.</summary>
    public const int MaxHosts = 1000;

    public const int MaxVCpus = 128;

    /// <summary>Shells of one flavour of the pool.</summary>
    public const int MaxShells = 4096;

    /// <summary>Bytes of a command line: Xen's start_info holds 1,024 with the zero at the end.</summary>
    public const int MaxCommandLine = 1023;

    /// <summary>Characters of a label's name, and of its value.</summary>
    public const int MaxLabelText = 253;

    /// <summary>Characters of a path of the host.</summary>
    public const int MaxPath = 4095;

    /// <summary>Bytes of memory that a recipe can ask for: the least, and the most.</summary>
    public const long LeastRecipeMemory = 8L << 20, MostRecipeMemory = 1L << 40;

    private const string Live = "live";
    private const string Restart = "restart";
    private const string Replace = "replace";
    private const string Anew = "replace, while no adapter is on it";
    private const string Again = "live: removed and added";

    public static IReadOnlyList<SpecKey> Fleet { get; } =
    [
        new("apiVersion", "`lightvm/v1`", null),
        new("kind", "`Fleet`", null),
        new("metadata", "mapping", null),
        new("adopt", "`never`, `ifIdentical` or `always`: guests of no fleet that have a name of the spec become the fleet's", "never"),
        new("hosts", "list of hosts", "the host that the command is given, or the default one"),
        new("images", "list of images", "none"),
        new("networks", "list of networks", "none"),
        new("guests", "list of guests", null),
        new("pool", "list of flavours of the shell pool", "none"),
    ];

    public static IReadOnlyList<SpecKey> Metadata { get; } =
    [
        new("name", "lower-case letters, digits and `-`, at most 63", null),
    ];

    public static IReadOnlyList<SpecKey> Host { get; } =
    [
        new("name", "lower-case letters, digits and `-`, at most 63: what plans and results call it", null),
        new("address", "`localhost`, `ssh://[user@]host[:port]` or `unix:/path`", "the name, as `Connect-LightVMHost` takes it"),
        new("labels", "mapping of strings", "none"),
    ];

    public static IReadOnlyList<SpecKey> Placement { get; } =
    [
        new("strategy", "`spread` or `pack`: which of the hosts that may have it gets a new guest", "spread"),
        new("host", "name of the only host that may have it", "any of `hosts:`"),
        new("hostLabels", "mapping of strings: labels that its host has", "none"),
        new("antiAffinity", "list of names of labels: not beside another guest of the fleet with the same value of one", "none"),
    ];

    public static IReadOnlyList<SpecKey> Image { get; } =
    [
        new("name", "lower-case letters, digits and `-`, at most 63", null),
        new("path", "path of a directory that holds image.json, relative to the spec file", "one of these two"),
        new("recipe", "path of a recipe file, relative to the spec file, or a recipe itself: the image is built of it", "one of these two"),
        new("digest", "`sha256:` and 64 lower-case hexadecimal digits: the image is that one, or the spec is refused", "whatever lies there"),
    ];

    /// <summary>A recipe: what Build-TinyxImage takes as parameters.</summary>
    public static IReadOnlyList<SpecKey> Recipe { get; } =
    [
        new("packages", "list of Debian packages", "at least one of these three, `ociLayout` alone"),
        new("paths", "list of programs and directories of this machine, relative to the file; they come into /app", "at least one of these three, `ociLayout` alone"),
        new("ociLayout", "path of a directory with an OCI image layout, relative to the file", "at least one of these three, `ociLayout` alone"),
        new("command", "what the guest runs, in the words of a shell; it stays in the foreground", "what the OCI image says; else it must be there"),
        new("user", "`user` or `user:group` that runs it", "what the package's own service says, or the OCI image; else root"),
        new("workingDirectory", "absolute path in the guest, where the command starts", "what the OCI image says; else `/`"),
        new("environment", "mapping of strings, for the command", "none"),
        new("restart", "`true` or `false`: whether the command is started again when it ends", "false: the guest powers off"),
        new("ports", "list of TCP ports that the application listens at", "what the OCI image says; else none"),
        new("features", "list of what the kernel is to have besides: `block`, `ext4`, `ipv6`, `noxs`, `smp`", "none"),
        new("keep", "list of patterns of paths that stay in the image", "none"),
        new("drop", "list of patterns of paths that are dropped besides", "none"),
        new("minimumMemory", "size, 8MB to 1TB", "reckoned from the sizes"),
        new("description", "string in one line", "names what it is made of"),
    ];

    /// <summary>The same in a file of its own.</summary>
    public static IReadOnlyList<SpecKey> RecipeFile { get; } =
    [
        new("apiVersion", "`lightvm/v1`", null),
        new("kind", "`Recipe`", null),
        .. Recipe,
    ];

    /// <summary>What <c>features</c> of a recipe can name; a test keeps it the same as the builder's.</summary>
    public static IReadOnlyList<string> RecipeFeatures { get; } = ["block", "ext4", "ipv6", "noxs", "smp"];

    public static IReadOnlyList<SpecKey> Network { get; } =
    [
        new("name", "lower-case letters, digits and `-`, at most 63", null, "another network"),
        new("subnet", "IPv4 network such as `10.9.0.0/24`", "a free one of the host's", Anew),
        new("subnet6", "IPv6 prefix such as `fd00:1:2:3::/64`, or `none`", "made of the name", Anew),
        new("mtu", "bytes, 576 to 9,000", "1500", Live),
        new("dhcp", "`true` or `false`", "true", Live),
        new("nat", "`true` or `false`", "true", Live),
        new("broadcast", "`true` or `false`", "false", Live),
        new("multicast", "`true` or `false`", "false", Live),
        new("isolated", "`true` or `false`", "false", Live),
        new("bridge", "name of a bridge of the host, in place of a network of ours", "none", Anew),
        new("vlan", "1 to 4094, on the bridge", "untagged", Anew),
        new("trusted", "`true` or `false`: what guests send on the bridge is not checked", "false", Live),
    ];

    public static IReadOnlyList<SpecKey> Pool { get; } =
    [
        new("image", "name of an image of a unikernel, of `images:` or on the host", null, "another flavour"),
        new("memory", "size, a multiple of 4KB", "the image's minimum", "another flavour"),
        new("vcpus", "1 to 128", "1", "another flavour"),
        new("devices", "adapters and disks of a guest at its start, 0 to 15", "1 if the image asks for a network, else 0", "another flavour"),
        new("count", "shells that are kept ready, 1 to 4,096", null, Live),
    ];

    public static IReadOnlyList<SpecKey> Adapter { get; } =
    [
        new("network", "name of a network, of `networks:` or on the host", "default", Again),
        new("mac", "six bytes such as `02:1c:7b:00:00:01`", "made of the names", Again),
        new("address", "IPv4 address of the network", "made of the guest's name", Again),
        new("rateLimit", "size: bytes a second, each way", "no limit", Live),
    ];

    public static IReadOnlyList<SpecKey> Disk { get; } =
    [
        new("path", "absolute path of a raw file or block device of the host", null, Again),
        new("readOnly", "`true` or `false`", "false", Again),
        new("size", "size of a file that is made where there is none", "the file must be there", "nothing"),
    ];

    public static IReadOnlyList<SpecKey> File { get; } =
    [
        new("content", "the file's text", "one of these four"),
        new("base64", "the file's bytes", "one of these four"),
        new("path", "path of a local file, relative to the spec file", "one of these four"),
        new("secretRef", "name of a secret", "one of these four"),
        new("mode", "permission bits such as `0o444`", "0o444"),
    ];

    public static IReadOnlyList<SpecKey> Secret { get; } =
    [
        new("secretRef", "letters, digits, `-`, `_` and `.`: name of a secret", null),
    ];

    public static IReadOnlyList<SpecKey> Probes { get; } =
    [
        new("start", "probe", "none"),
        new("ready", "probe", "none"),
        new("live", "probe", "none"),
    ];

    public static IReadOnlyList<SpecKey> Probe { get; } =
    [
        new("tcp", "port of the guest that accepts connections", "one of these three"),
        new("http", "port of the guest that answers GET with a status from 200 to 399", "one of these three"),
        new("console", "regular expression that a line of the console matches", "one of these three"),
        new("path", "path for `http`", "`/`"),
        new("delaySeconds", "0 to 3,600, before it is asked first", "0"),
        new("periodSeconds", "1 to 3,600, from one question to the next", "5"),
        new("timeoutSeconds", "1 to 60, for an answer", "1"),
        new("failureThreshold", "so many failures in a row, and it fails", "3"),
        new("successThreshold", "so many successes in a row, and it passes", "1"),
    ];

    public static IReadOnlyList<SpecKey> Update { get; } =
    [
        new("maxUnavailable", "guests that are changed at the same time", "1"),
        new("minHealthySeconds", "0 to 3,600: how long one that is ready must stay so", "1"),
        new("progressDeadline", "1 to 3,600: seconds in which a changed guest must be ready", "60"),
        new("drainSeconds", "0 to 3,600: how long a stop waits for the connections of shared ports", "10"),
        new("autoRevert", "`true` or `false`: whether those that were changed go back when one is broken", "true"),
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
        new("deletionPolicy", "`delete`, `keep` or `save`: what becomes of its guests when the spec no longer names them", "delete", Live),
        new("labels", "mapping of strings", "none", Live),
        new("affinity", "CPUs such as `0-1,3`", "any CPU", Live),
        new("cpuPool", "number of a Xen cpupool", "0", Restart),
        new("commandLine", "string, at most 1,023 bytes", "the image's", Restart),
        new("type", "`pv` or `pvh`", "what the kernel can", Restart),
        new("network", "name of a network: short for one adapter", "the image decides", Live),
        new("adapters", "list of adapters; `[]` is none", "one on `default` if the image asks for a network", Live),
        new("disks", "list of disks", "none", Live),
        new("publish", "list of `[address:]hostPort:guestPort[/udp]`; `80` is `80:80`. Guests of an entry with `replicas` share the port", "none", Live),
        new("probes", "mapping: `start`, `ready` and `live`", "none", Live),
        new("update", "mapping: how guests that have to be stopped are changed", "several at a time, none waits for another", "`drainSeconds`: live"),
        new("placement", "mapping: which of `hosts:` have its guests", "any of them, spread", "made on the new host, then deleted on the old one"),
        new("dependsOn", "list of names of other entries: their guests are ready first", "none", "nothing"),
        new("arguments", "list of strings, for the application", "none", Restart),
        new("environment", "mapping of strings and secrets, for the application", "none", Restart),
        new("files", "mapping: path in the guest to its text, a file or a secret", "none", Restart),
    ];
}
