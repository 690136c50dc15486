namespace Gateway.Casbin;

/// <summary>One request on its way through the compiled rows: its values and the role graphs of the snapshot that decides. Lives on the stack.</summary>
#pragma warning disable CA1815, CA1051 // Internal to the compiled code, which reads the fields by name.
internal struct Frame
{
    /// <summary>How many fields a request may have.</summary>
    public const int Capacity = 12;

    public RoleGraph[] Roles;
    public object? V0;
    public object? V1;
    public object? V2;
    public object? V3;
    public object? V4;
    public object? V5;
    public object? V6;
    public object? V7;
    public object? V8;
    public object? V9;
    public object? V10;
    public object? V11;

    public object? this[int index]
    {
        readonly get => index switch
        {
            0 => V0,
            1 => V1,
            2 => V2,
            3 => V3,
            4 => V4,
            5 => V5,
            6 => V6,
            7 => V7,
            8 => V8,
            9 => V9,
            10 => V10,
            11 => V11,
            _ => throw new ArgumentOutOfRangeException(nameof(index)),
        };
        set
        {
            switch (index)
            {
                case 0: V0 = value; break;
                case 1: V1 = value; break;
                case 2: V2 = value; break;
                case 3: V3 = value; break;
                case 4: V4 = value; break;
                case 5: V5 = value; break;
                case 6: V6 = value; break;
                case 7: V7 = value; break;
                case 8: V8 = value; break;
                case 9: V9 = value; break;
                case 10: V10 = value; break;
                case 11: V11 = value; break;
                default: throw new ArgumentOutOfRangeException(nameof(index));
            }
        }
    }
}
#pragma warning restore CA1815, CA1051

/// <summary>A compiled expression. Rows of the same shape share one and differ in their constants.</summary>
internal delegate bool RowMatcher(ref Frame frame, object?[] constants);
