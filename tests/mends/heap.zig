const allocator = @import("std").heap.wasm_allocator;

export fn greet(name: [*]const u8, len: usize) u64 {
    const out = allocator.dupe(u8, name[0..len]) catch return 0;
    return @as(u64, @intFromPtr(out.ptr)) << 32 | len;
}
