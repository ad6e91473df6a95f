using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using LightVM.Daemon.Http;
using Microsoft.AspNetCore.Routing;

namespace LightVM.Daemon.Tests;

/// <summary>Makes the OpenAPI document out of the daemon's routes, the contracts' JSON metadata and their doc comments.</summary>
internal static class OpenApiBuilder
{
    private static readonly Dictionary<string, string> Comments = ReadComments();

    public static string Build(IReadOnlyList<RouteEndpoint> endpoints)
    {
        var schemas = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        var paths = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        Reference(LightVMJson.Default.Problem, schemas);
        foreach (RouteEndpoint endpoint in endpoints)
        {
            string path = endpoint.RoutePattern.RawText!;
            RouteDoc doc = endpoint.Metadata.GetMetadata<RouteDoc>() ?? throw new InvalidOperationException($"{path} has no RouteDoc.");
            string method = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0].ToLowerInvariant();
            if (!paths.TryGetValue(path, out JsonObject? item))
            {
                paths[path] = item = [];
            }

            item[method] = Operation(path, doc, schemas);
        }

        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "lightvmd",
                ["version"] = "1",
                ["description"] = "The API of a LightVM host, on the unix socket /run/lightvm/lightvmd.sock. docs/api.md says what holds for all routes.",
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "http://lightvm" }),
            ["paths"] = new JsonObject(paths.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject(schemas.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value))),
                ["responses"] = new JsonObject
                {
                    ["Problem"] = new JsonObject
                    {
                        ["description"] = "A failure; code is one of ErrorCodes.",
                        ["content"] = new JsonObject
                        {
                            [Reply.ProblemType] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" } },
                        },
                    },
                },
            },
        };
        return document.ToJsonString(new JsonSerializerOptions
        {
            WriteIndented = true,
            IndentSize = 1,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }) + "\n";
    }

    private static JsonObject Operation(string path, RouteDoc doc, SortedDictionary<string, JsonNode> schemas)
    {
        var parameters = new JsonArray();
        foreach (Match match in Regex.Matches(path, @"\{([^}]+)\}"))
        {
            parameters.Add(Parameter(match.Groups[1].Value, "path", "string", null));
        }

        foreach ((string name, string type, string description) in doc.Query)
        {
            parameters.Add(Parameter(name, "query", type, description));
        }

        if (doc.Keyed)
        {
            parameters.Add(Parameter(
                IdempotencyCache.Header, "header", "string", "The same key within an hour gets the first answer again, and nothing is done twice."));
        }

        if (doc.Async)
        {
            parameters.Add(Parameter("Prefer", "header", "string", "respond-async: answered with an operation (202). return=minimal: no body where all of it succeeded."));
        }

        if (doc.Conditional)
        {
            parameters.Add(Parameter("If-Match", "header", "string", "The ETag that it was read with; otherwise RevisionConflict (412)."));
        }

        var operation = new JsonObject { ["operationId"] = doc.Id, ["summary"] = doc.Summary };
        if (parameters.Count > 0)
        {
            operation["parameters"] = parameters;
        }

        if (doc.Request is not null || doc.RawRequest)
        {
            operation["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = doc.RawRequest
                    ? new JsonObject { ["application/octet-stream"] = new JsonObject() }
                    : new JsonObject { [Reply.JsonType] = new JsonObject { ["schema"] = Reference(doc.Request!, schemas) } },
            };
        }

        var responses = new JsonObject();
        foreach ((int status, JsonTypeInfo? type) in doc.Responses)
        {
            var response = new JsonObject { ["description"] = Describe(status, type, doc) };
            if (type is not null)
            {
                response["content"] = new JsonObject
                {
                    [doc.Streams ? JsonLines.ContentType : Reply.JsonType] = new JsonObject { ["schema"] = Reference(type, schemas) },
                };
            }

            responses[$"{status}"] = response;
        }

        responses["default"] = new JsonObject { ["$ref"] = "#/components/responses/Problem" };
        operation["responses"] = responses;
        if (doc.Errors.Count > 0)
        {
            operation["x-error-codes"] = new JsonArray([.. doc.Errors.Select(e => (JsonNode)e)]);
        }

        return operation;
    }

    private static string Describe(int status, JsonTypeInfo? type, RouteDoc doc) => status switch
    {
        202 => "Begun; Location is the operation.",
        204 when doc.Async => "All of it is done; return=minimal was preferred.",
        204 => "Done, or nothing was to be done.",
        201 when doc.Async => "All of them are made; return=minimal was preferred. Location is the guest, if it is one.",
        201 => "Created.",
        _ when doc.Streams => "One value a line.",
        _ => type is null ? "OK." : type.Type.Name.StartsWith("IReadOnlyList", StringComparison.Ordinal) ? "All of them." : $"The {type.Type.Name}.",
    };

    private static JsonObject Parameter(string name, string place, string type, string? description)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = place };
        if (place == "path")
        {
            parameter["required"] = true;
        }

        if (description is not null)
        {
            parameter["description"] = description;
        }

        parameter["schema"] = description?.Contains("may repeat", StringComparison.Ordinal) == true
            ? new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = type } }
            : new JsonObject { ["type"] = type };
        return parameter;
    }

    /// <summary>A reference to the type's schema, which is added with all that it refers to.</summary>
    private static JsonObject Reference(JsonTypeInfo type, SortedDictionary<string, JsonNode> schemas)
    {
        if (type.Kind == JsonTypeInfoKind.Enumerable)
        {
            return new JsonObject
            {
                ["type"] = "array",
                ["items"] = Reference(LightVMJson.Default.GetTypeInfo(type.ElementType!)!, schemas),
            };
        }

        string name = type.Type.Name;
        if (!schemas.ContainsKey(name))
        {
            schemas[name] = new JsonObject();
            schemas[name] = Schema(type, schemas);
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{name}" };
    }

    private static JsonObject Schema(JsonTypeInfo type, SortedDictionary<string, JsonNode> schemas)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (JsonPropertyInfo property in type.Properties.Where(property => property.AttributeProvider is not null)) // without: JsonIgnore
        {
            string member = ((System.Reflection.MemberInfo)property.AttributeProvider!).Name;
            JsonNode schema = PropertySchema(property, schemas);
            if (Comments.TryGetValue($"P:LightVM.{type.Type.Name}.{member}", out string? comment))
            {
                schema["description"] = comment;
            }

            properties[property.Name] = schema;
            if (property.IsRequired)
            {
                required.Add(property.Name);
            }
        }

        var result = new JsonObject { ["type"] = "object" };
        if (Comments.TryGetValue($"T:LightVM.{type.Type.Name}", out string? summary))
        {
            result["description"] = summary;
        }

        result["properties"] = properties;
        if (required.Count > 0)
        {
            result["required"] = required;
        }

        return result;
    }

    private static JsonNode PropertySchema(JsonPropertyInfo property, SortedDictionary<string, JsonNode> schemas)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type == typeof(TimeSpan))
        {
            return new JsonObject { ["type"] = "number" };
        }

        if (type == typeof(byte[]))
        {
            return new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" };
        }

        if (type.IsEnum)
        {
            return new JsonObject
            {
                ["type"] = "string",
                ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(n => (JsonNode)JsonNamingPolicy.CamelCase.ConvertName(n))]),
            };
        }

        Type? element = type.IsArray ? type.GetElementType()
            : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0]
            : null;
        if (element is not null)
        {
            return new JsonObject { ["type"] = "array", ["items"] = Simple(element, schemas) };
        }

        return type == typeof(Dictionary<string, string>)
            ? new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } }
            : Simple(type, schemas);
    }

    private static JsonNode Simple(Type type, SortedDictionary<string, JsonNode> schemas)
    {
        JsonTypeInfo info = LightVMJson.Default.GetTypeInfo(type) ?? throw new InvalidOperationException($"{type} is not in LightVMJson.");
        return info.Kind == JsonTypeInfoKind.Object ? Reference(info, schemas) : JsonSchemaExporter.GetJsonSchemaAsNode(
            info, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true });
    }

    private static Dictionary<string, string> ReadComments()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "LightVM.Contracts.xml");
        return XDocument.Load(file).Descendants("member")
            .Where(m => m.Element("summary") is not null)
            .ToDictionary(m => m.Attribute("name")!.Value, m => Text(m.Element("summary")!));
    }

    private static string Text(XElement summary)
    {
        string text = string.Concat(summary.Nodes().Select(n => n switch
        {
            XElement { Name.LocalName: "see" } see => (see.Attribute("cref")?.Value ?? "").Split('.')[^1],
            XElement element => element.Value,
            XText plain => plain.Value,
            _ => "",
        }));
        return Regex.Replace(text, @"\s+", " ").Trim();
    }
}
