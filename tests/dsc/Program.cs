using System.Text.Json.Nodes;
using LightVM.DscEngine;

// LightVM.DscEngine MANIFESTS get|test|set|delete|export TYPE INSTANCE [--what-if]: what dsc would print, on standard output.
// Exit code 2: the command failed; 3: it did not keep to the protocol.
if (args.Length is < 4 or > 5)
{
    Console.Error.WriteLine("LightVM.DscEngine MANIFESTS get|test|set|delete|export TYPE INSTANCE [--what-if]");
    return 1;
}

try
{
    Manifest manifest = Manifest.Read(args[0]).FirstOrDefault(known => known.Type == args[2]) ?? throw new ProtocolException($"there is no {args[2]}");
    var engine = new Engine(manifest);
    var instance = (JsonObject?)JsonNode.Parse(args[3]);
    bool whatIf = args.Length == 5;
    JsonNode answer = args[1] switch
    {
        "get" => engine.Get(instance!),
        "test" => engine.Test(instance!),
        "set" => engine.Set(instance!, whatIf),
        "delete" => engine.Delete(instance!, whatIf),
        "export" => engine.Export(instance),
        _ => throw new ProtocolException($"there is no operation {args[1]}"),
    };
    Console.WriteLine(answer.ToJsonString());
    return 0;
}
catch (CommandFailedException e)
{
    Console.WriteLine(e.Message);
    return 2;
}
catch (ProtocolException e)
{
    Console.WriteLine("PROTOCOL " + e.Message);
    return 3;
}
