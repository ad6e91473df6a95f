using LightVM.Daemon.Events;
using LightVM.Daemon.Http;
using LightVM.Toolstack;
using Microsoft.AspNetCore.Http.Features;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/blobs and /v1/images: files by digest, and the manifests that name them.</summary>
internal sealed class ImageEndpoints(ImageStore images, EventLog events)
{
    /// <summary>Bytes.</summary>
    public const long MaxBlob = 4L << 30;

    public void Map(Routes routes)
    {
        routes.Map("HEAD", "/v1/blobs/{digest}", HeadBlobAsync, new(
            "hasBlob", "Whether the host has a file (200), or not (404).")
        {
            Responses = [(200, null)],
        });
        routes.Map("GET", "/v1/blobs/{digest}", GetBlobAsync, new("getBlob", "A file of an image.")
        {
            Responses = [(200, null)],
            Errors = [ErrorCodes.ImageNotFound],
        });
        routes.Map("GET", "/v1/manifests/{digest}", GetManifestAsync, new("getManifest", "What an image is made of, by its digest.")
        {
            Responses = [(200, LightVMJson.Default.ImageManifest)],
            Errors = [ErrorCodes.ImageNotFound],
        });
        routes.Map("PUT", "/v1/blobs/{digest}", PutBlobAsync, new(
            "putBlob", "Uploads a file: 201, or 204 if it was there. It needs no Idempotency-Key.")
        {
            RawRequest = true,
            Responses = [(201, null), (204, null)],
            Errors = [ErrorCodes.ImageInvalid],
        });
        routes.Map("GET", "/v1/images", ListAsync, new("listImages", "All images.")
        {
            Responses = [(200, LightVMJson.Default.IReadOnlyListImage)],
        });
        routes.Map("GET", "/v1/images/{name}", GetAsync, new("getImage", "One image.")
        {
            Responses = [(200, LightVMJson.Default.Image)],
            Errors = [ErrorCodes.ImageNotFound],
        });
        routes.Map("PUT", "/v1/images/{name}", PutAsync, new(
            "putImage", "Defines an image by files that the host has: 201, or 200 if the same was there.")
        {
            Request = LightVMJson.Default.ImageManifest,
            Query = [("force", "boolean", "Replaces an image of another digest.")],
            Responses = [(201, LightVMJson.Default.Image), (200, LightVMJson.Default.Image)],
            Keyed = true,
            Errors = [ErrorCodes.ImageInvalid, ErrorCodes.ImageExists],
        });
        routes.Map("DELETE", "/v1/images/{name}", DeleteAsync, new(
            "deleteImage", "Removes an image that no guest is defined by.")
        {
            Responses = [(204, null)],
            Keyed = true,
            Errors = [ErrorCodes.ImageNotFound, ErrorCodes.ImageInUse],
        });
    }

    private Task<Reply> HeadBlobAsync(Call call) =>
        Task.FromResult(new Reply(images.HasBlob(call.Route("digest")) ? 200 : 404));

    private async Task<Reply> GetBlobAsync(Call call)
    {
        await using Stream blob = images.OpenBlob(call.Route("digest"));
        call.Http.Response.ContentType = "application/octet-stream";
        call.Http.Response.ContentLength = blob.Length;
        await blob.CopyToAsync(call.Http.Response.Body, call.Cancellation).ConfigureAwait(false);
        return Reply.Sent;
    }

    private Task<Reply> GetManifestAsync(Call call) =>
        Task.FromResult(Reply.Json(images.GetManifest(call.Route("digest")), WireJson.Default.ImageManifest));

    private async Task<Reply> PutBlobAsync(Call call)
    {
        if (call.Http.Request.ContentLength > MaxBlob)
        {
            throw Problems.InvalidArgument($"The file is larger than {MaxBlob} bytes.", call.Route("digest"), status: 413);
        }

        call.Http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = MaxBlob;
        bool created = await images.PutBlobAsync(call.Route("digest"), call.Http.Request.Body, call.Cancellation).ConfigureAwait(false);
        return created ? new Reply(201) : Reply.NoContent;
    }

    private Task<Reply> ListAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        return Task.FromResult(Reply.Json(images.List(), WireJson.Default.IReadOnlyListImage));
    }

    private Task<Reply> GetAsync(Call call) =>
        Task.FromResult(Reply.Json(images.Get(call.Route("name")), WireJson.Default.Image));

    private async Task<Reply> PutAsync(Call call)
    {
        bool force = new QueryReader(call.Http.Request, "force").Flag("force");
        string name = call.Route("name");
        ImageManifest manifest = await call.ReadAsync(RequestJson.ImageManifest).ConfigureAwait(false);
        (Image image, bool created) = images.Put(name, manifest, force);
        if (created)
        {
            events.Append("ImageImported", name, null, $"Image '{name}' was imported: {image.Digest}.", call.Actor);
        }

        return Reply.Json(image, WireJson.Default.Image, created ? 201 : 200);
    }

    private Task<Reply> DeleteAsync(Call call)
    {
        string name = call.Route("name");
        images.Delete(name);
        events.Append("ImageRemoved", name, null, $"Image '{name}' was removed.", call.Actor);
        return Task.FromResult(Reply.NoContent);
    }
}
