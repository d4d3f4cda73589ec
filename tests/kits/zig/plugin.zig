//! The kits' plugin in Zig: ../contract.toml says what each export does.
const std = @import("std");
const hh = @import("hostheap");
const allocator = hh.allocator;

const host = struct {
    const tell = hh.import("host", "tell", fn (text: []const u8) void);
    const ask = hh.import("host", "ask", fn (question: []const u8) ?[]u8);
};

pub const panic = hh.panicTelling(host.tell);

comptime {
    hh.exports(@This());
}

// ---- Values in and out

pub fn greet(name: []const u8) ![]u8 {
    return std.mem.concat(allocator, u8, &.{ "Hello, ", name, "!" });
}

pub fn shout(text: []const u8) ![]u8 {
    return std.ascii.allocUpperString(allocator, text);
}

pub fn reverse(data: []const u8) ![]u8 {
    const back = try allocator.dupe(u8, data);
    std.mem.reverse(u8, back);
    return back;
}

pub fn sum(numbers: []const i32) i64 {
    var total: i64 = 0;
    for (numbers) |number| total += number;
    return total;
}

pub fn scale(numbers: []f64, factor: f64) void {
    for (numbers) |*number| number.* *= factor;
}

const Point = extern struct { x: f64, y: f64 };

pub fn middle(a: *const Point, b: *const Point) Point {
    return .{ .x = (a.x + b.x) / 2, .y = (a.y + b.y) / 2 };
}

pub fn longest(texts: []const hh.Bytes) ![]u8 {
    var best: []const u8 = "";
    for (texts) |text| {
        if (text.len > best.len) best = text.slice();
    }
    return allocator.dupe(u8, best);
}

pub fn parse(text: []const u8) error{OutOfMemory}!hh.Result([]u8) {
    const value = decimal(text) orelse return .{ .failure = .{
        .code = 2,
        .message = try std.mem.concat(allocator, u8, &.{ "not a number: ", text }),
    } };
    return .{ .value = try std.fmt.allocPrint(allocator, "{d}", .{value}) };
}

/// `std.fmt.parseInt` takes a plus and underscores as well.
fn decimal(text: []const u8) ?i64 {
    for (text, 0..) |letter, i| {
        if (!std.ascii.isDigit(letter) and !(i == 0 and letter == '-')) return null;
    }
    return std.fmt.parseInt(i64, text, 10) catch null;
}

pub fn apply(f: *const fn (i32) callconv(.c) i32, x: i32) i32 {
    return f(f(x));
}

// ---- State

var calls: u32 = 0;

pub fn count() u32 {
    calls += 1;
    return calls;
}

var kept: ?[]u8 = null;

pub fn remember(text: []const u8) !void {
    const copy = try allocator.dupe(u8, text);
    if (kept) |before| allocator.free(before);
    kept = copy;
}

pub fn recall() !?[]u8 {
    return try allocator.dupe(u8, kept orelse return null);
}

// ---- Calls of the host

pub fn say(text: []const u8) !void {
    const line = try std.mem.concat(allocator, u8, &.{ "[", text, "]" });
    defer allocator.free(line);
    host.tell(line);
}

pub fn consult(question: []const u8) ![]u8 {
    const answer = host.ask(question) orelse return allocator.dupe(u8, "no answer");
    defer allocator.free(answer);
    return std.mem.concat(allocator, u8, &.{ "host says: ", answer });
}

// ---- The allocator

pub fn exhaust(block_bytes: u32) u32 {
    // Each block's start leads to the one before it.
    const Link = struct { before: ?*@This(), len: usize };
    var last: ?*Link = null;
    var blocks: u32 = 0;
    while (true) : (blocks += 1) {
        const size = @max(block_bytes, @sizeOf(Link));
        const block = allocator.alignedAlloc(u8, .of(Link), size) catch break;
        const link: *Link = @ptrCast(block.ptr);
        link.* = .{ .before = last, .len = size };
        last = link;
    }
    while (last) |link| {
        last = link.before;
        allocator.free(@as([*]align(@alignOf(Link)) u8, @ptrCast(link))[0..link.len]);
    }
    return blocks;
}

pub fn collect(how_many: u32) !u64 {
    var all: std.ArrayList(u32) = .empty;
    defer all.deinit(allocator);
    for (0..how_many) |i| try all.append(allocator, @intCast(i));
    var total: u64 = 0;
    for (all.items) |number| total += number;
    return total;
}

pub fn aligned(alignment: u32) !u32 {
    const at: std.mem.Alignment = .fromByteUnits(alignment);
    const block = allocator.rawAlloc(100, at, @returnAddress()) orelse return error.OutOfMemory;
    defer allocator.rawFree(block[0..100], at, @returnAddress());
    @memset(block[0..100], 0xaa);
    return @intCast(@intFromPtr(block) % alignment);
}

pub fn fail(message: []const u8) void {
    @panic(message);
}
