namespace LightVM.PowerShell.Tests;

/// <summary>One session for all tests that bind cmdlets of specs: PowerShell remembers setters by the names of types, and a second copy of the module trips over the first one's.</summary>
[CollectionDefinition(Name)]
public sealed class SessionWithSpecs : ICollectionFixture<ImportedModule>
{
    public const string Name = "Specs";
}
