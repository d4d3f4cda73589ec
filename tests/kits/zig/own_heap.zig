//! malloc's family over Zig's own allocator for WebAssembly, as an object that is linked with the
//! plugin: a definition beats an import, so the same plugin brings its heap along. Only to compare
//! (docs/guide/thrift.md).
//!
//! Zig's allocators want a block's size and alignment back when it is freed, C's free has neither: they
//! stand in front of each block.
const std = @import("std");
const own = std.heap.wasm_allocator;

const Header = extern struct { len: usize, log2: u32, offset: u32, unused: u32 = 0 };
const least: std.mem.Alignment = .@"16";

fn new(len: usize, alignment: std.mem.Alignment) ?[*]u8 {
    const at = least.max(alignment);
    const offset = at.toByteUnits(); // the header's 16 bytes, and the alignment kept
    const whole = std.math.add(usize, len, offset) catch return null;
    const start = own.rawAlloc(whole, at, @returnAddress()) orelse return null;
    const block = start + offset;
    header(block).* = .{ .len = len, .log2 = @intFromEnum(at), .offset = @intCast(offset) };
    return block;
}

fn header(block: [*]u8) *Header {
    return @ptrCast(@alignCast(block - @sizeOf(Header)));
}

export fn malloc(size: usize) ?[*]u8 {
    return new(size, least);
}

export fn aligned_alloc(alignment: usize, size: usize) ?[*]u8 {
    return new(size, .fromByteUnits(alignment));
}

export fn calloc(count: usize, size: usize) ?[*]u8 {
    const len = std.math.mul(usize, count, size) catch return null;
    const block = new(len, least) orelse return null;
    @memset(block[0..len], 0);
    return block;
}

export fn realloc(before: ?[*]u8, size: usize) ?[*]u8 {
    const old = before orelse return malloc(size);
    const it = header(old);
    const at: std.mem.Alignment = @enumFromInt(it.log2);
    const whole = (old - it.offset)[0 .. it.offset + it.len];
    const wanted = std.math.add(usize, size, it.offset) catch return null;
    if (own.rawResize(whole, at, wanted, @returnAddress())) {
        it.len = size;
        return old;
    }
    const block = new(size, at) orelse return null;
    const kept = @min(it.len, size);
    @memcpy(block[0..kept], old[0..kept]);
    free(old);
    return block;
}

export fn free(block: ?[*]u8) void {
    const it = header(block orelse return).*;
    const start = block.? - it.offset;
    own.rawFree(start[0 .. it.offset + it.len], @enumFromInt(it.log2), @returnAddress());
}

export fn malloc_usable_size(block: ?[*]u8) usize {
    return header(block orelse return 0).len;
}
