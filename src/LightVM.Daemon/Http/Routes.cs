using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LightVM.Daemon.Http;

/// <summary>
/// Maps routes to handlers through the pipeline. They are plain request delegates, not delegates with bound parameters: binding by
/// hand is what makes each refusal a problem document of ours, and leaves nothing between a decoded body and the toolstack.
/// </summary>
internal sealed class Routes(IEndpointRouteBuilder builder, Pipeline pipeline)
{
    public void Map(string method, string pattern, Func<Call, Task<Reply>> handler, RouteDoc doc)
    {
        bool keyed = doc.Keyed;
        Task Run(HttpContext http) => pipeline.RunAsync(http, handler, keyed);
        builder.MapMethods(pattern, [method], Run).WithMetadata(doc);
    }
}
