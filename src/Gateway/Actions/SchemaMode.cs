namespace Gateway.Actions;

/// <summary>What a body that its action's schema does not accept leads to. The rules are asked in every case.</summary>
internal enum SchemaMode
{
    /// <summary>400 in Nova's words.</summary>
    Strict,

    /// <summary>The call goes on; the record and a metric say what was wrong.</summary>
    Report,

    /// <summary>Nobody looks.</summary>
    Off,
}

/// <summary>How a cluster's metadata chooses its <see cref="SchemaMode"/>: <c>"Schemas": "strict"</c> (the default), <c>"report"</c> or <c>"off"</c>.</summary>
internal static class SchemaModes
{
    public const string MetadataKey = "Schemas";

    public static SchemaMode Of(IReadOnlyDictionary<string, string>? metadata) => metadata?.GetValueOrDefault(MetadataKey) switch
    {
        "report" => SchemaMode.Report,
        "off" => SchemaMode.Off,
        _ => SchemaMode.Strict,
    };

    /// <summary>What is wrong with the value in the metadata; null when nothing is.</summary>
    public static string? Problem(IReadOnlyDictionary<string, string>? metadata) =>
        metadata?.GetValueOrDefault(MetadataKey) is null or "strict" or "report" or "off"
            ? null
            : "is not known: use `strict` (refuse what a schema does not accept), `report` (let it pass and record it) or `off`";
}
