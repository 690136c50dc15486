namespace Gateway.EndToEnd;

/// <summary>The ids of config/dev-identity.json.</summary>
internal static class People
{
    public const string Alice = "e2eb87225491f0cf3e9c3812d5d337ee";
    public const string Admin = "e3a43b69d94aa3cb1dcc833e18b105ae";
    public const string DemoProject = "d799dd2d294cd5344e7bdd6ee4c62554";
    public const string OtherProject = "a6eaf87cdea14038ca49413d64f28d09";
    public const string AdminProject = "80ca3470e99e670347ac80531f2626ea";
}
