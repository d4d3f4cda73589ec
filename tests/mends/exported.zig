var calls = [_]u32{ 1, 2, 3 };

export fn greet(name: [*]const u8, len: usize) u64 {
    calls[len % 3] += 1;
    return @as(u64, @intFromPtr(name)) << 32 | len;
}
