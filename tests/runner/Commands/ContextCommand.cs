using System.Management.Automation;

namespace LightVM.PesterRunner;

[Cmdlet(VerbsCommon.Add, "ContextBlock")]
public sealed class ContextCommand() : BlockCommand("Context");
