namespace LightVM.Shell;

/// <summary>What the command line asks for.</summary>
public enum CommandLineMode
{
    Interactive,
    Command,
    File,
    StandardInput,
    Help,
    Version,
}
