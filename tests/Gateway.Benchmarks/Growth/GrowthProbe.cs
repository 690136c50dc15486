namespace Gateway.Benchmarks;

/// <summary>One operation with so many things present.</summary>
/// <param name="Size">How many.</param>
/// <param name="RunAsync">One sample: the operation, as often as the curve says.</param>
internal sealed record GrowthProbe(int Size, Func<Task> RunAsync)
{
    /// <summary>Comes before each sample and is not timed: draws what the sample asks about, so that in a large table it is nothing that was asked about a moment ago.</summary>
    public Func<Random, Task> DrawAsync { get; init; } = _ => Task.CompletedTask;

    /// <summary>For what is done at once.</summary>
    public static GrowthProbe Of(int size, Action run, Action<Random>? draw = null) => new(size, Done(run))
    {
        DrawAsync = draw is null ? _ => Task.CompletedTask : random => Done(() => draw(random))(),
    };

    /// <summary>
    /// Asks about one thing after the other. What is asked about is drawn anew before each sample: any of all, so that in a large table it is nothing that the
    /// processor has at hand; or always the same one, which it has.
    /// </summary>
    /// <param name="size">How many there are.</param>
    /// <param name="operations">How many are asked about in a sample.</param>
    /// <param name="drawn">Which.</param>
    /// <param name="make">The n-th thing, as a request would name it.</param>
    /// <param name="ask">The operation; false when it does not answer as it should.</param>
    public static GrowthProbe Of<T>(int size, int operations, Drawn drawn, Func<int, T> make, Func<T, bool> ask)
    {
        var asked = new T[operations];
        return Of(
            size,
            () =>
            {
                foreach (var one in asked)
                    if (!ask(one)) throw new InvalidOperationException($"`{one}` is not answered as it should be");
            },
            random =>
            {
                for (var i = 0; i < asked.Length; i++) asked[i] = make(drawn switch { Drawn.Any => random.Next(size), Drawn.Other => size + random.Next(int.MaxValue - size), _ => size / 2 });
            });
    }

    private static Func<Task> Done(Action act) => () =>
    {
        act();
        return Task.CompletedTask;
    };
}

/// <summary>Which of the things that are present is asked about.</summary>
internal enum Drawn
{
    /// <summary>Always the same.</summary>
    Same,

    /// <summary>Any of them.</summary>
    Any,

    /// <summary>One that is not among them.</summary>
    Other,
}
