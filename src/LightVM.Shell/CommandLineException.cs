namespace LightVM.Shell;

/// <summary>The command line cannot be understood. The message says what is wrong with it.</summary>
public sealed class CommandLineException(string message) : Exception(message);
