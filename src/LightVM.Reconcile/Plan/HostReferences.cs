namespace LightVM.Reconcile;

/// <summary>The last phase of validation: what the spec takes for granted of the host.</summary>
public static class HostReferences
{
    /// <exception cref="LightVMException">SpecInvalid: an image is nowhere, or a guest has too little memory for it.</exception>
    public static void Check(FleetSpec spec, ObservedHost observed)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(observed);
        var findings = new FindingList(spec.File);
        string[] known = [.. spec.Images.Select(image => image.Name).Union(observed.Images.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        foreach (GuestSpec guest in spec.Guests)
        {
            if (spec.Images.Any(image => image.Name == guest.Image))
            {
                continue;
            }

            if (observed.Images.TryGetValue(guest.Image, out Image? image))
            {
                ImageReferences.CheckMemory(guest, GuestShape.LeastMemory(image.MinimumMemory), findings);
                continue;
            }

            findings.Add(
                guest.MarkOf("image"), $"{guest.Path}.image",
                $"image '{guest.Image}' is neither under images: nor on host {observed.HostName}{Suggestion.For(guest.Image, known)}",
                known.Length == 0 ? "an entry under images: with that name" : $"an entry under images: with that name, or one of {string.Join(", ", known)}");
        }

        findings.ThrowIfAny();
    }
}
