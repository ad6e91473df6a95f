using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Lets a size in bytes be given as <c>4MB</c>, which PowerShell reads itself, and also as the strings "4MB" and "4MiB" (both 4,194,304).</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class MemorySizeAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is not string text)
        {
            return inputData;
        }

        return MemorySize.TryParse(text, out long bytes)
            ? bytes
            : throw new ArgumentTransformationMetadataException($"'{text}' is no size: give bytes, or a number with KB, MB or GB (powers of 1024), such as 4MB.");
    }
}
