using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>What the words of a test file have in common: they need a file, and a phase.</summary>
public abstract class TestCommand : PSCmdlet
{
    private protected TestFile File => TestFile.Current ?? throw new InvalidOperationException("No test file is running.");

    /// <summary>The block that discovery is in. Ends the command where the tests already run.</summary>
    private protected Block Discovering(string word)
    {
        if (File.Discovering is { } block)
        {
            return block;
        }

        Deny("TestPhase", $"{word} stands inside an It or a set-up; it belongs in a Describe or Context.");
        throw new PipelineStoppedException();
    }

    /// <summary>Ends the command with an error.</summary>
    private protected void Deny(string id, string message)
    {
        var error = new ErrorRecord(new InvalidOperationException(message), id, ErrorCategory.InvalidOperation, null);
        ThrowTerminatingError(error);
    }

    /// <summary>The elements of a -ForEach; Pester 5 takes an empty one as no test at all, Pester 6 as an error: so do we.</summary>
    private protected object?[] Elements(object? forEach, string word)
    {
        var elements = LanguagePrimitives.GetEnumerable(forEach)?.Cast<object?>().ToArray()
            ?? (forEach is null ? [] : [forEach]);
        if (elements.Length == 0)
        {
            Deny("EmptyForEach", $"-ForEach of this {word} is null or empty.");
        }

        return elements;
    }
}
