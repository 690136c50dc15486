namespace Gateway.Casbin;

/// <summary>
/// Decides requests by a model and a policy. Everything is compiled when the policy is loaded; a decision reads one immutable snapshot and
/// takes no lock. Decisions may be asked for from any number of threads, also while the policy is being changed.
/// </summary>
public sealed partial class Enforcer
{
    private readonly IReadOnlyAdapter _adapter;
    private readonly SnapshotCompiler _compiler;

    /// <summary>Held while a new snapshot is made and put in place, and while the compiler is used. Decisions never take it.</summary>
    private readonly Lock _writing = new();

    private volatile Snapshot _snapshot;

    /// <summary>Loads and compiles the whole policy.</summary>
    /// <exception cref="CasbinException">Something in the model, a row or a rule cannot be used; the message has file, line and remedy.</exception>
    public Enforcer(DefaultModel model, IReadOnlyAdapter adapter, EnforcerOptions? options = null)
    {
        Model = model;
        _adapter = adapter;
        _compiler = new SnapshotCompiler(model, options ?? new EnforcerOptions());
        _snapshot = _compiler.Compile(PolicySet.Empty.With(adapter.LoadPolicy()));
    }

    public Enforcer(string modelPath, string policyPath, EnforcerOptions? options = null)
        : this(DefaultModel.CreateFromFile(modelPath), new FileAdapter(policyPath), options)
    {
    }

    public DefaultModel Model { get; }

    /// <summary>The rows in force now. They do not change; a change of the policy puts another set here.</summary>
    public PolicySet Policies => _snapshot.Policies;
}
