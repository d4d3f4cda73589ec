export fn greet(name: [*]const u8, len: usize) u64 {
    return @as(u64, @intFromPtr(name)) << 32 | len;
}

pub fn main() void {}
