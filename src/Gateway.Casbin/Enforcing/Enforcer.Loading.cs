namespace Gateway.Casbin;

/// <content>Loading and saving.</content>
public sealed partial class Enforcer
{
    /// <summary>Which stored rows are loaded, for a reload to take the same; null for all. Written under <see cref="_writing"/>.</summary>
    private volatile Func<PolicyRow, bool>? _filter;

    private volatile IWatcher? _watcher;

    /// <summary>True when only part of the stored policy is loaded, so that saving would lose the rest.</summary>
    public bool IsFiltered => _filter is not null;

    /// <summary>Loads everything again. When it cannot be used, the policy in force stays.</summary>
    public void LoadPolicy()
    {
        lock (_writing)
        {
            _snapshot = _compiler.Compile(PolicySet.Empty.With(_adapter.LoadPolicy()));
            _filter = null;
        }
    }

    /// <summary>Replaces the policy by the stored rows that pass the filter.</summary>
    public void LoadFilteredPolicy(Filter filter) => LoadFilteredPolicy(filter.Includes);

    /// <summary>Adds the stored rows that pass the filter to those in force.</summary>
    public void LoadIncrementalFilteredPolicy(Filter filter)
    {
        lock (_writing)
        {
            _snapshot = _compiler.Compile(_snapshot.Policies.With(_adapter.LoadPolicy().Where(filter.Includes)));

            // On top of the whole policy nothing is left out.
            if (_filter is { } before)
                _filter = row => before(row) || filter.Includes(row);
        }
    }

    /// <summary>Stores the rows in force through the adapter.</summary>
    /// <exception cref="CasbinException">The policy is filtered, or the adapter cannot store.</exception>
    public void SavePolicy()
    {
        lock (_writing)
        {
            if (_filter is not null)
                throw new CasbinException("only part of the policy is loaded, and saving it would lose the rest; load all of it first");
            if (_adapter is not IAdapter adapter)
                throw new CasbinException($"{_adapter.GetType().Name} cannot store a policy; use an adapter that implements {nameof(IAdapter)}");
            adapter.SavePolicy(_snapshot.Policies.All);
        }

        _watcher?.Update();
    }

    /// <summary>From now on a change elsewhere reloads the policy here, and a change here is announced.</summary>
    public void SetWatcher(IWatcher watcher)
    {
        _watcher = watcher;
        watcher.SetUpdateCallback(Reload);
    }

    private void LoadFilteredPolicy(Func<PolicyRow, bool> filter)
    {
        lock (_writing)
        {
            _snapshot = _compiler.Compile(PolicySet.Empty.With(_adapter.LoadPolicy().Where(filter)));
            _filter = filter;
        }
    }

    private void Reload()
    {
        if (_filter is { } filter)
            LoadFilteredPolicy(filter);
        else
            LoadPolicy();
    }
}
