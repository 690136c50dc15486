namespace Gateway.Compute.Actions;

/// <summary>The record of one accepted action; <see cref="Message"/> is null or "Error".</summary>
internal sealed record InstanceAction
{
    public long Id { get; init; }
    public required string ServerId { get; init; }
    public required string Name { get; init; }
    public required string RequestId { get; init; }
    public required string UserId { get; init; }
    public required string ProjectId { get; init; }
    public string StartTime { get; init; } = "";
    public string UpdatedAt { get; init; } = "";
    public string? Message { get; init; }
}

/// <summary>One part of an action, done on one host.</summary>
internal sealed record InstanceEvent
{
    public long Id { get; init; }
    public long ActionId { get; init; }
    public required string Name { get; init; }
    public string StartTime { get; init; } = "";
    public string? FinishTime { get; init; }
    public string? Result { get; init; }
    public string? Traceback { get; init; }
    public string? Host { get; init; }
    public string? Details { get; init; }
}
