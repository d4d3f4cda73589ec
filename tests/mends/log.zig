extern fn log_line(line: [*]const u8, len: usize) void;

export fn greet(name: [*]const u8, len: usize) u64 {
    log_line(name, len);
    return @as(u64, @intFromPtr(name)) << 32 | len;
}
