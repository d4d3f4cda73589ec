// Zig without any allocator.
var counts: [300]u32 = undefined;
const words = [_][]const u8{ "one", "two", "three" };

export fn count(n: u32) usize {
    counts[n % 300] +%= 1;
    return words[n % 3].len;
}
