namespace Gateway.Limits;

/// <summary>A limit as a caller would meet it now.</summary>
/// <param name="Ask">The limit and its bucket.</param>
/// <param name="Action">The action, where each has a bucket of its own; otherwise null.</param>
/// <param name="Answer">What the bucket says.</param>
internal sealed record PeekedLimit(BucketAsk Ask, LimitableAction? Action, BucketAnswer Answer)
{
    public Limit Limit => Ask.Entry.Limit;

    /// <summary>Permits that are used.</summary>
    public long Used => Ask.Entry.Numbers.Most - Answer.Remaining;
}
