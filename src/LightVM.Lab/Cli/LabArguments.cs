using System.Globalization;

namespace LightVM.Lab.Cli;

/// <summary>The arguments of lightvm-lab.</summary>
internal sealed record LabArguments(string Command)
{
    private static readonly string[] Commands = ["up", "down", "status", "exec", "console", "install-host", "log", "help"];

    public string Name { get; private set; } = LabOptions.DefaultName;

    public string? Root { get; private set; }

    public long? Memory { get; private set; }

    /// <summary>dom0's memory in bytes; 0 means all; null, the usual.</summary>
    public long? Dom0Memory { get; private set; }

    public int? Cpus { get; private set; }

    /// <summary>The lab at the other end of the wire.</summary>
    public string? Wire { get; private set; }

    public bool NoHost { get; private set; }

    public bool Now { get; private set; }

    public bool Json { get; private set; }

    /// <summary>How many of the last arguments are the command for dom0.</summary>
    public int Remote { get; private set; }

    public static LabArguments Parse(string[] arguments)
    {
        if (arguments.Length == 0)
        {
            throw new LabUsageException("a command is missing");
        }

        var command = arguments[0] is "-h" or "--help" ? "help" : arguments[0];
        if (!Commands.Contains(command))
        {
            throw new LabUsageException($"unknown command '{command}'");
        }

        var parsed = new LabArguments(command);
        var position = 1;
        while (position < arguments.Length && parsed.TakeOption(arguments, ref position))
        {
        }

        if (command != "exec" && position < arguments.Length)
        {
            throw new LabUsageException($"{command} does not take '{arguments[position]}'");
        }

        parsed.Remote = arguments.Length - position;
        return command == "exec" && parsed.Remote == 0
            ? throw new LabUsageException("exec needs a command: lightvm-lab exec -- CMD ARG...")
            : parsed;
    }

    public LabOptions ToOptions(string root)
    {
        var options = new LabOptions(root) { Name = Name, Cpus = Cpus, Wire = Wire, InstallHost = !NoHost };
        if (Memory is { } memory)
        {
            options = options with { MemoryBytes = memory };
        }

        return Dom0Memory is { } dom0 ? options with { Dom0MemoryBytes = dom0 == 0 ? null : dom0 } : options;
    }

    /// <summary>Takes one option. False at the end of the options, which "--" may mark.</summary>
    private bool TakeOption(string[] arguments, ref int position)
    {
        var option = arguments[position];
        if (option == "--" || option.Length == 0 || option[0] != '-')
        {
            position += option == "--" ? 1 : 0;
            return false;
        }

        position++;
        switch (Command, option)
        {
            case (_, "--name"):
                Name = Value(arguments, ref position);
                break;
            case (_, "--root"):
                Root = Path.GetFullPath(Value(arguments, ref position));
                break;
            case ("up", "--memory"):
                Memory = ByteSize.Parse(Value(arguments, ref position), "size of memory");
                break;
            case ("up", "--dom0-memory"):
                var size = Value(arguments, ref position);
                Dom0Memory = size == "none" ? 0 : ByteSize.Parse(size, "size of memory");
                break;
            case ("up", "--cpus"):
                var count = Value(arguments, ref position);
                Cpus = int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var cpus)
                    ? cpus
                    : throw new LabUsageException($"'{count}' is no number of CPUs");
                break;
            case ("up", "--wire"):
                Wire = Value(arguments, ref position);
                break;
            case ("up", "--no-host"):
                NoHost = true;
                break;
            case ("down", "--now"):
                Now = true;
                break;
            case ("status", "--json"):
                Json = true;
                break;
            default:
                throw new LabUsageException($"{Command} does not know the option '{option}'");
        }

        return true;
    }

    private static string Value(string[] arguments, ref int position) =>
        position < arguments.Length
            ? arguments[position++]
            : throw new LabUsageException($"{arguments[position - 1]} needs a value");
}
