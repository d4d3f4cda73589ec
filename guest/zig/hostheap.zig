//! The host's malloc as a Zig allocator:
//!
//!     const allocator = @import("hostheap.zig").allocator;
const std = @import("std");

extern "env" fn aligned_alloc(alignment: usize, size: usize) ?[*]u8;
extern "env" fn malloc(size: usize) ?[*]u8;
extern "env" fn free(block: [*]u8) void;
extern "env" fn malloc_usable_size(block: [*]u8) usize;

/// What the host aligns every block to.
const host_alignment = 16;

pub const allocator: std.mem.Allocator = .{ .ptr = undefined, .vtable = &.{
    .alloc = alloc,
    .resize = resize,
    .remap = remap,
    .free = release,
} };

fn alloc(_: *anyopaque, len: usize, alignment: std.mem.Alignment, _: usize) ?[*]u8 {
    const bytes = alignment.toByteUnits();
    return if (bytes <= host_alignment) malloc(len) else aligned_alloc(bytes, len);
}

fn resize(_: *anyopaque, memory: []u8, _: std.mem.Alignment, len: usize, _: usize) bool {
    return len <= malloc_usable_size(memory.ptr);
}

fn remap(_: *anyopaque, memory: []u8, _: std.mem.Alignment, len: usize, _: usize) ?[*]u8 {
    return if (len <= malloc_usable_size(memory.ptr)) memory.ptr else null;
}

fn release(_: *anyopaque, memory: []u8, _: std.mem.Alignment, _: usize) void {
    free(memory.ptr);
}
