namespace Gateway.Casbin;

/// <summary>
/// Tells enforcers in other processes that the stored policy has changed, and hears it from them. Both methods may be called from any
/// thread; an exception of <see cref="Update"/> reaches whoever changed the policy, after the change is in force.
/// </summary>
public interface IWatcher
{
    /// <summary>What to call when another process has changed the policy. It reloads and may throw <see cref="CasbinException"/>; the policy in force then stays.</summary>
    void SetUpdateCallback(Action callback);

    /// <summary>This process has changed the policy.</summary>
    void Update();
}
