const std = @import("std");
const hh = @import("hostheap/hostheap.zig");

/// A string in, a string out: the name is borrowed, the result is a block that the host frees.
pub fn greet(name: []const u8) ![]u8 {
    return std.mem.concat(hh.allocator, u8, &.{ "Hello, ", name, "!" });
}

/// Numbers in, borrowed for the call.
pub fn sum(numbers: []const i32) i64 {
    var total: i64 = 0;
    for (numbers) |number| total += number;
    return total;
}

comptime {
    hh.exports(@This()); // each `pub fn` of this file
}
