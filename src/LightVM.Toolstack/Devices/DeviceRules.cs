using System.Text;

namespace LightVM.Toolstack;

/// <summary>What a guest's devices, environment and files must be. Pure; each problem names what is wrong with what.</summary>
internal static class DeviceRules
{
    private const int MaxPath = 4095;
    private const int MaxGuestPath = 1023;
    private const int MaxFiles = 256;
    private const int MaxVariables = 256;
    private const int MaxEnvironment = 64 << 10; // bytes
    private const int MaxArguments = 256;
    private const int MaxPorts = 256;
    private const int MaxGroup = 127;

    /// <summary>Bytes per second: below it a frame would wait for seconds; who writes 5 means megabytes.</summary>
    private const long MinRate = 1000;

    /// <summary>Bytes per second: beyond it a rate limits nothing.</summary>
    private const long MaxRate = 1L << 40;

    /// <summary>Bytes of a disk that is to be made: what a file can have, about.</summary>
    private const long MaxSize = 1L << 50;

    private const string Reserved = "/.lightvm";

    public static void CheckCount(string name, int count)
    {
        if (count > DeviceSlots.MaxDevices)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': {count} adapters and disks are more than the {DeviceSlots.MaxDevices} that a guest can have.",
                name,
                "Give it fewer.");
        }
    }

    public static void CheckRate(string name, long rate)
    {
        if (rate is not 0 and (< MinRate or > MaxRate))
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': a rate limit of {rate} bytes per second is not possible.", name, $"Give it in bytes a second, as 10MB: from {MinRate} to {MaxRate}, or 0 for none.");
        }
    }

    public static void CheckDisk(string name, DiskDefinition disk)
    {
        string? path = disk.Path;
        if (string.IsNullOrEmpty(path) || path[0] != '/' || path.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(path) > MaxPath)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': the path '{path}' of a disk is not an absolute one of the host.", name, "Write it from / on; it is the host's, not this machine's.");
        }

        if (disk.Size is < 0 or > MaxSize || disk.Size % 512 != 0)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': the size of {disk.Size} bytes for disk '{path}' is no multiple of 512 up to {MaxSize}.", name, "Give it as 1GB, 20GB and so on; 0 for a disk that is there.");
        }
    }

    public static void CheckArguments(string name, IReadOnlyList<string> arguments)
    {
        if (arguments.Count > MaxArguments)
        {
            throw Problems.InvalidArgument($"Guest '{name}': {arguments.Count} arguments are more than {MaxArguments}.", name, "Give it fewer.");
        }
    }

    public static void CheckPublish(string name, IReadOnlyList<PublishedPort> ports, bool hasAddress)
    {
        if (ports.Count == 0)
        {
            return;
        }

        if (!hasAddress)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': its first adapter has no address that ports of the host could lead to.", name, "Give it an adapter on a network with addresses, or publish nothing.");
        }

        if (ports.Count > MaxPorts)
        {
            throw Problems.InvalidArgument($"Guest '{name}': {ports.Count} published ports are more than {MaxPorts}.", name, "Publish fewer.");
        }

        var seen = new HashSet<(string?, int, string)>();
        foreach (PublishedPort port in ports)
        {
            if (port is null || port.HostPort is < 1 or > 65535 || port.GuestPort is < 1 or > 65535 || port.Protocol is not ("tcp" or "udp"))
            {
                throw Problems.InvalidArgument(
                    $"Guest '{name}': the published port '{port}' is none: ports are 1 to 65535, the protocol tcp or udp.", name, "Write it as 8080:80 or 5353:53/udp.");
            }

            if (!PortTable.TryReadAddress(port.HostAddress, out _))
            {
                throw Problems.InvalidArgument(
                    $"Guest '{name}': '{port.HostAddress}' of the published port '{port}' is no address that a host has for itself.", name, "Write a whole IPv4 or IPv6 address of the host (none that is link-local), or leave it out for all of them.");
            }

            if (port.Group is { } group && !IsGroup(group))
            {
                throw Problems.InvalidArgument(
                    $"Guest '{name}': '{group}' of the published port '{port}' is no name of a group.", name, $"Use lower-case letters, digits, '-' and '/', at most {MaxGroup}.");
            }

            if (!seen.Add((port.HostAddress, port.HostPort, port.Protocol)))
            {
                throw new LightVMException(
                    ErrorCodes.PortInUse,
                    $"Guest '{name}': port {port.HostPort}/{port.Protocol} of the host is published twice.",
                    name,
                    "Publish each port of the host once.");
            }
        }
    }

    private static bool IsGroup(string group) =>
        group.Length is > 0 and <= MaxGroup && group.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '/');

    public static void CheckEnvironment(string name, IReadOnlyDictionary<string, string> environment)
    {
        if (environment.Count > MaxVariables)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': {environment.Count} environment variables are more than {MaxVariables}.", name, "Give it fewer, or a file.");
        }

        long size = 0;
        foreach ((string variable, string value) in environment)
        {
            if (!IsVariable(variable))
            {
                throw Problems.InvalidArgument(
                    $"Guest '{name}': '{variable}' is no name of an environment variable: letters, digits and '_', not beginning with a digit.", name, "Correct that name.");
            }

            if (value is null || value.Contains('\0', StringComparison.Ordinal))
            {
                throw Problems.InvalidArgument($"Guest '{name}': the environment variable '{variable}' is null or holds a NUL.", name, "Correct its value.");
            }

            size += variable.Length + Encoding.UTF8.GetByteCount(value) + 2;
        }

        if (size > MaxEnvironment)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': its environment of {size} bytes is larger than {MaxEnvironment}.", name, "Give what is long to the guest by a file.");
        }
    }

    public static void CheckFiles(string name, IReadOnlyList<GuestFile> files)
    {
        if (files.Count > MaxFiles)
        {
            throw Problems.InvalidArgument($"Guest '{name}': {files.Count} files are more than {MaxFiles}.", name, "Give it fewer, or a disk.");
        }

        long size = 0;
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (GuestFile file in files)
        {
            if (!IsGuestPath(file?.Path))
            {
                throw Problems.InvalidArgument(
                    $"Guest '{name}': '{file?.Path}' is no path for a file in it: absolute, without '.', '..' and '//', at most {MaxGuestPath} bytes, not below {Reserved}.",
                    name,
                    "Correct that path.");
            }

            if (file!.Content is null || file.Mode is < 0 or > 0xfff)
            {
                throw Problems.InvalidArgument(
                    $"Guest '{name}': file '{file.Path}' has no content, or a mode that is not from 0 to 07777 octal.", name, "Correct that file.");
            }

            if (!paths.Add(file.Path))
            {
                throw Problems.InvalidArgument($"Guest '{name}': file '{file.Path}' is given twice.", name, "Give each file once.");
            }

            size += file.Content.Length;
        }

        foreach (string path in paths)
        {
            for (int slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            {
                if (paths.Contains(path[..slash]))
                {
                    throw Problems.InvalidArgument(
                        $"Guest '{name}': '{path[..slash]}' is given as a file, and '{path}' lies in it.", name, "Correct one of the paths.");
                }
            }
        }

        if (size > GuestFile.MaxTotal)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': its files of {size} bytes are more than {GuestFile.MaxTotal} together.", name, "Give it a disk, or build them into its image.");
        }
    }

    private static bool IsVariable(string text) =>
        text.Length is > 0 and <= 255 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static bool IsGuestPath(string? path) =>
        path is { Length: > 1 } && path[0] == '/' && !path.Contains('\0', StringComparison.Ordinal) &&
        Encoding.UTF8.GetByteCount(path) <= MaxGuestPath &&
        path[1..].Split('/').All(part => part is not ("" or "." or "..")) &&
        path != Reserved && !path.StartsWith(Reserved + "/", StringComparison.Ordinal);
}
