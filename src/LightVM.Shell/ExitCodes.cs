namespace LightVM.Shell;

/// <summary>What <c>lightvm</c> answers to the process that started it, unless the script says <c>exit N</c>.</summary>
public static class ExitCodes
{
    /// <summary>Every statement ran and wrote no error.</summary>
    public const int Success = 0;

    /// <summary>An error record was written, or a terminating error ended the script.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong; nothing ran.</summary>
    public const int Usage = 2;

    /// <summary>No error, and -DetailedExitCode was asked: something was changed (or would be, under -WhatIf). The number is that of terraform and of Usage, as there.</summary>
    public const int Changed = 2;

    /// <summary>Ctrl-C or SIGTERM stopped the pipeline, or the reader of standard output went away.</summary>
    public const int Stopped = 3;
}
