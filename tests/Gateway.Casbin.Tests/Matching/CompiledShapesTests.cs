namespace Gateway.Casbin.Tests.Matching;

public sealed class CompiledShapesTests
{
    [Fact]
    public void Enforcers_that_share_code_call_their_own_functions()
    {
        var yes = Create(new FunctionMap().Add<string, bool>("check", _ => true));
        var no = Create(new FunctionMap().Add<string, bool>("check", _ => false));
        var prepared = Create(new FunctionMap().AddPrepared<string, bool>("other", 1, texts => given => given == texts[0]), "other(r.sub, 'alice')");
        var other = Create(new FunctionMap().AddPrepared<string, bool>("other", 1, texts => given => given != texts[0]), "other(r.sub, 'alice')");
        Assert.True(yes.Enforce("alice", "", ""));
        Assert.False(no.Enforce("alice", "", ""));
        Assert.True(prepared.Enforce("alice", "", ""));
        Assert.False(other.Enforce("alice", "", ""));
    }

    [Fact]
    public void Functions_of_one_name_and_other_types_do_not_share_code()
    {
        var text = Create(new FunctionMap().Add<string, bool>("typed", given => given == "x"));
        var any = Create(new FunctionMap().Add<object, bool>("typed", given => given is int));
        var number = Create(new FunctionMap().Add<double, double>("typed", given => given - 1));
        foreach (var (enforcer, value) in new (Enforcer, object)[] { (text, "x"), (any, 3), (number, 3) })
            Assert.True(enforcer.Enforce(value, "", ""));
        Assert.False(number.Enforce(1, "", ""));
        Assert.False(any.Enforce("x", "", ""));

        static Enforcer Create(FunctionMap functions) => CompiledShapesTests.Create(functions, "typed(r.sub)");
    }

    [Fact]
    public void Any_number_of_shapes_is_taken()
    {
        // More than are remembered, so that forgetting is part of the test; cheap, as each is a single comparison of attributes.
        for (var i = 0; i < 2_100; i++)
            Assert.True(Some.Evaluate($"r.a.x{i} != 'y'", "z") && !Some.Evaluate($"r.a.x{i} == 'y'", "z"));
    }

    private static Enforcer Create(FunctionMap functions, string matcher = "check(r.sub)") =>
        Some.Enforcer(Some.Model(matcher), "", new EnforcerOptions { Functions = functions });
}
