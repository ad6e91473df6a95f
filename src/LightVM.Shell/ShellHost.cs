using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Reflection;

namespace LightVM.Shell;

/// <summary>What PowerShell sees as <c>$Host</c>.</summary>
public sealed class ShellHost(ShellUserInterface ui) : PSHost
{
    private const string DetailedExitCodeName = "DetailedExitCode";

    public static string ProductVersion { get; } =
        typeof(ShellHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion.Split('+')[0] ?? "0.0.0";

    /// <summary>The N of <c>exit N</c>, once the script has said it.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>
    /// What cmdlets can tell this host and no other: <c>DetailedExitCode</c>, the code of a script that ends without an error.
    /// </summary>
    public override PSObject PrivateData { get; } = new() { Properties = { new PSNoteProperty(DetailedExitCodeName, null) } };

    /// <summary>What a cmdlet has set by -DetailedExitCode last; null: none has.</summary>
    public int? DetailedExitCode => PrivateData.Properties[DetailedExitCodeName].Value as int?;

    public override string Name => "lightvm";

    public override Version Version { get; } = typeof(ShellHost).Assembly.GetName().Version ?? new Version(0, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => ui;

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt() =>
        throw new HostException("lightvm has no nested prompt.");

    public override void ExitNestedPrompt() =>
        throw new HostException("lightvm has no nested prompt.");

    public override void NotifyBeginApplication()
    {
        // Programs that a script starts share our streams as they are; there is no state to hand over.
    }

    public override void NotifyEndApplication()
    {
    }
}
