using Gateway.Auditing;

namespace Gateway.Admin;

/// <summary>The record, searched on the operators' listener.</summary>
internal sealed class AuditEndpoints(AuditApi audit, IServiceProvider services) : IAdminEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Map("/v1/events", AnswerAsync);
        routes.Map("/v1/events/{id}", AnswerAsync);
        routes.Map("/v1/attributes/{name}", AnswerAsync);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        // The token is verified by the services of the data port's server. INVARIANT: in a scope of this request's own; authentication handlers keep
        // what they found for as long as their scope lives.
        await using var scope = services.CreateAsyncScope();
        context.RequestServices = scope.ServiceProvider;
        await audit.AnswerAsync(context);
    }
}
