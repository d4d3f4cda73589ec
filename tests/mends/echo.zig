const tag = "static data";

fn greet(name: [*]const u8, len: usize) callconv(.c) u64 {
    const start = if (len > 0) name else tag;
    return @as(u64, @intFromPtr(start)) << 32 | len;
}
