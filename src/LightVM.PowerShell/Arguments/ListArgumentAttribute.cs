using System.Collections;
using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Lets a list of definitions be given in the forms that people write; one of them is a list of one.</summary>
public abstract class ListArgumentAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = ArgumentMembers.Plain(inputData);
        try
        {
            return value switch
            {
                null => inputData,
                IDictionary or string => Convert([value]),
                IEnumerable list => Convert(list.Cast<object?>().Select(ArgumentMembers.Plain).OfType<object>()),
                _ => Convert([inputData]),
            };
        }
        catch (Exception e) when (e is FormatException or PSInvalidCastException)
        {
            throw new ArgumentTransformationMetadataException(e.Message, e);
        }
    }

    /// <summary>An array of the parameter's type.</summary>
    /// <exception cref="FormatException">One of them is none; the message is for the user.</exception>
    protected abstract object Convert(IEnumerable<object> items);
}
