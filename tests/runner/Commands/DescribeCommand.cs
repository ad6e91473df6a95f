using System.Management.Automation;

namespace LightVM.PesterRunner;

[Cmdlet(VerbsCommon.Add, "DescribeBlock")]
public sealed class DescribeCommand() : BlockCommand("Describe");
