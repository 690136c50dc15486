namespace Gateway.Actions;

/// <summary>What is known of the compute API behind the gateway.</summary>
internal sealed class ApiOptions
{
    /// <summary>Highest microversion the backends speak. Requests above it are answered 406, and <c>latest</c> means it.</summary>
    public string MaxMicroversion { get; set; } = "2.96";

    /// <summary>Where operators keep the catalogue when nothing else is said.</summary>
    public const string CustomaryCatalogue = "config/api";

    /// <summary>
    /// Folder of the catalogue: the operations of the API. Not set: <c>config/api</c> below the working directory when it is there, otherwise the
    /// catalogue that comes with the gateway.
    /// </summary>
    public string? Catalogue { get; set; }

    /// <summary>What comes of an operation that the catalogue does not list: <c>refuse</c>, or <c>allow-admin</c>, which forwards it for administrators.</summary>
    public string Unlisted { get; set; } = Refuse;

    public const string Refuse = "refuse";

    public const string AllowAdmin = "allow-admin";
}
