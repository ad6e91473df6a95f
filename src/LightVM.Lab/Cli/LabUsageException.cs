namespace LightVM.Lab.Cli;

/// <summary>The command line makes no sense.</summary>
internal sealed class LabUsageException(string message) : Exception(message);
