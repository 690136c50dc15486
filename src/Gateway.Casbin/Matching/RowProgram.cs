using System.Text;

namespace Gateway.Casbin;

/// <summary>Compiled code and the constants one row gives it.</summary>
internal readonly record struct RowProgram(RowMatcher Code, object?[] Constants)
{
    private static readonly RowMatcher Always = static (ref Frame _, object?[] _) => true;

    /// <summary>A condition that does not hold for any request.</summary>
    public static RowProgram Never { get; } = new(static (ref Frame _, object?[] _) => false, []);

    public bool Matches(ref Frame frame) => Code(ref frame, Constants);

    /// <summary>Null for a condition that never holds.</summary>
    public static RowProgram? Create(Bound bound)
    {
        if (bound is BoundConstant constant)
            return (bool)constant.Value ? new RowProgram(Always, []) : null;
        var shape = new StringBuilder();
        var constants = new List<object?>();
        bound.WriteShape(shape, constants);
        return new RowProgram(CompiledShapes.Find(shape.ToString(), bound), [.. constants]);
    }
}
