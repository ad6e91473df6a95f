using System.Globalization;
using System.Text.Json.Nodes;
using LightVM.Reconcile.Dsc;

namespace LightVM.Dsc;

/// <summary>lightvm.dsc.manifests.json: what tells the engine (DSC 3.2 and later) of the resources and how to call for them.</summary>
internal static class Manifests
{
    private const string Executable = "lightvm-dsc";

    public static JsonObject All() => new() { ["resources"] = new JsonArray([.. DscResource.All.Select(Of)]) };

    private static JsonObject Of(DscResource resource)
    {
        JsonObject Call(string operation) => new()
        {
            ["executable"] = Executable, ["args"] = new JsonArray(resource.Word, operation), ["input"] = "stdin",
        };

        JsonObject Changing(string operation)
        {
            JsonObject call = Call(operation);
            ((JsonArray)call["args"]!).Add((JsonNode)new JsonObject { ["whatIfArg"] = DscCommand.WhatIf });
            return call;
        }

        JsonObject test = Call("test"), set = Changing("set");
        test["return"] = "stateAndDiff";
        set["implementsPretest"] = true; // it plans by itself, and does nothing where there is nothing to do
        set["handlesExist"] = true;
        set["return"] = "stateAndDiff";
        set["whatIfReturns"] = "state";
        return new JsonObject
        {
            ["$schema"] = "https://aka.ms/dsc/schemas/v3/bundled/resource/manifest.json",
            ["type"] = resource.Type,
            ["version"] = typeof(Manifests).Assembly.GetName().Version!.ToString(3),
            ["description"] = resource.Description,
            ["tags"] = new JsonArray("LightVM", "Xen", "VirtualMachine"),
            ["exitCodes"] = new JsonObject(ExitCode.Texts.Select(pair => KeyValuePair.Create(pair.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)JsonValue.Create(pair.Value)))),
            ["get"] = Call("get"),
            ["test"] = test,
            ["set"] = set,
            ["delete"] = Changing("delete"),
            ["export"] = Call("export"),
            ["schema"] = new JsonObject { ["embedded"] = resource.Schema() },
        };
    }
}
