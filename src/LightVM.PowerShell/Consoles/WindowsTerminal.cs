using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace LightVM.PowerShell;

/// <summary>The process's console on Windows, with keys and output as virtual terminal sequences.</summary>
[SupportedOSPlatform("windows")]
internal sealed partial class WindowsTerminal : ITerminal
{
    private const int StandardInput = -10;
    private const int StandardOutput = -11;
    private const uint Line = 0x0002; // ENABLE_LINE_INPUT
    private const uint Echo = 0x0004;
    private const uint Processed = 0x0001;
    private const uint VirtualTerminalInput = 0x0200;
    private const uint VirtualTerminalOutput = 0x0004;
    private const int WaitTime = 100; // ms

    private readonly nint input = Handle(StandardInput);
    private readonly nint output = Handle(StandardOutput);
    private readonly uint inputBefore;
    private readonly uint outputBefore;
    private readonly Stream keys = Console.OpenStandardInput();
    private readonly Stream screen = Console.OpenStandardOutput();
    private bool restored;

    /// <exception cref="IOException">There is none.</exception>
    public WindowsTerminal()
    {
        if (!GetMode(input, out inputBefore) || !GetMode(output, out outputBefore)
            || !SetMode(input, (inputBefore & ~(Line | Echo | Processed)) | VirtualTerminalInput))
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }

        _ = SetMode(output, outputBefore | VirtualTerminalOutput);
    }

    public (int Columns, int Rows) Size => (Console.WindowWidth, Console.WindowHeight);

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => new(Task.Run(
        () =>
        {
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
            while (Wait(input, WaitTime) != 0);

            return keys.Read(buffer.Span);
        },
        cancellationToken));

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await screen.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        await screen.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        if (!restored)
        {
            restored = true;
            _ = SetMode(input, inputBefore);
            _ = SetMode(output, outputBefore);
            keys.Dispose();
            screen.Dispose();
        }
    }

    [LibraryImport("kernel32", EntryPoint = "GetStdHandle", SetLastError = true)]
    private static partial nint Handle(int which);

    [LibraryImport("kernel32", EntryPoint = "GetConsoleMode", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetMode(nint handle, out uint mode);

    [LibraryImport("kernel32", EntryPoint = "SetConsoleMode", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetMode(nint handle, uint mode);

    [LibraryImport("kernel32", EntryPoint = "WaitForSingleObject", SetLastError = true)]
    private static partial uint Wait(nint handle, uint milliseconds);
}
