using System.Runtime.InteropServices;
using System.Text;

namespace LightVM.Dsc;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        void Cancel(PosixSignalContext signal)
        {
            signal.Cancel = true; // what is under way at the host is told to stop, and said
            stop.Cancel();
        }

        using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        await using Stream input = Console.OpenStandardInput();
        await using var output = new StreamWriter(Console.OpenStandardOutput(), utf8) { NewLine = "\n" };
        await using var error = new StreamWriter(Console.OpenStandardError(), utf8) { NewLine = "\n", AutoFlush = true };
        return await new DscCommand(input, output, new MessageLog(error)).RunAsync(args, stop.Token).ConfigureAwait(false);
    }
}
