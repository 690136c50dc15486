namespace Gateway.Admin;

/// <summary>A group of pages on the operators' listener. Every registered one is mapped; what none of them takes is 404.</summary>
internal interface IAdminEndpoints
{
    void Map(IEndpointRouteBuilder routes);
}
