using System.Xml.Linq;

namespace LightVM.PowerShell.Tests;

public sealed class ViewsFitTheTerminal
{
    private const int Columns = 100;

    private static IEnumerable<XElement> Views => Directory.GetFiles(Path.Combine(ImportedModule.Checkout, "module"), "*.format.ps1xml")
        .SelectMany(file => XDocument.Load(file).Descendants("View"));

    [Theory]
    [InlineData("LightVM.Guest")]
    [InlineData("LightVM.Image")]
    [InlineData("LightVM.Checkpoint")]
    [InlineData("LightVM.Host")]
    [InlineData("LightVM.SavedHost")]
    [InlineData("LightVM.Event")]
    [InlineData("LightVM.Network")]
    [InlineData("LightVM.Adapter")]
    [InlineData("LightVM.Disk")]
    [InlineData("LightVM.GuestMeasurement")]
    [InlineData("LightVM.GuestMeasurement#Rates")]
    [InlineData("LightVM.ForwardedPort")]
    [InlineData("LightVM.LabInfo")]
    [InlineData("LightVM.PlanStep")]
    [InlineData("LightVM.ReconcileResult")]
    public void A_type_has_a_table(string type) =>
        Assert.Contains(Views, view => view.Descendants("TypeName").Any(name => name.Value == type) && view.Element("TableControl") is not null);

    [Fact]
    public void A_table_has_at_most_a_hundred_columns() => Assert.All(Views.Where(view => view.Element("TableControl") is not null), view =>
    {
        XElement[] headers = [.. view.Descendants("TableColumnHeader")];
        int width = headers.Sum(header => (int?)header.Element("Width") ?? ((string?)header.Element("Label") ?? "").Length) + headers.Length - 1;
        Assert.True(width <= Columns, $"{(string)view.Element("Name")!} takes {width} columns");
        Assert.Equal(headers.Length, view.Descendants("TableColumnItem").Count());
    });

    [Fact]
    public void A_view_names_only_what_its_type_has() => Assert.All(Views, view =>
    {
        string typeName = view.Descendants("TypeName").First().Value;
        if (typeof(Guest).Assembly.GetType(typeName) is { } type)
        {
            Assert.All(view.Descendants("PropertyName"), name => Assert.True(type.GetProperty(name.Value) is not null, $"{typeName}.{name.Value}"));
        }
    });
}
