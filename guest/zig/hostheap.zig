//! What a plugin written in Zig needs: the host's malloc as an allocator, and functions with slices in
//! the host's calling convention.
//!
//!     const hh = @import("hostheap.zig");
//!
//!     pub fn greet(name: []const u8) ![]u8 {
//!         return std.mem.concat(hh.allocator, u8, &.{ "Hello, ", name, "!" });
//!     }
//!
//!     comptime {
//!         hh.exports(@This());
//!     }
//!
//! Link with -rdynamic, which exports what is exported here, and --export=__heap_base, which tells the
//! host where its heap may begin.
const std = @import("std");

// ---- The allocator ------------------------------------------------------------------------------

/// malloc's family, as the host has it. `null` is C's NULL.
pub const c = struct {
    pub extern "env" fn malloc(size: usize) ?[*]align(host_alignment) u8;
    pub extern "env" fn calloc(count: usize, size: usize) ?[*]align(host_alignment) u8;
    pub extern "env" fn realloc(block: ?*anyopaque, size: usize) ?[*]align(host_alignment) u8;
    pub extern "env" fn aligned_alloc(alignment: usize, size: usize) ?[*]u8;
    pub extern "env" fn free(block: ?*anyopaque) void;
    pub extern "env" fn malloc_usable_size(block: ?*anyopaque) usize;
};

/// What the host aligns every block to.
const host_alignment = 16;

/// The host's malloc as a Zig allocator. What it gives may be returned to the host as it is.
pub const allocator: std.mem.Allocator = .{ .ptr = undefined, .vtable = &.{
    .alloc = alloc,
    .resize = resize,
    .remap = remap,
    .free = release,
} };

fn alloc(_: *anyopaque, len: usize, alignment: std.mem.Alignment, _: usize) ?[*]u8 {
    const bytes = alignment.toByteUnits();
    return if (bytes <= host_alignment) c.malloc(len) else c.aligned_alloc(bytes, len);
}

fn resize(_: *anyopaque, memory: []u8, _: std.mem.Alignment, len: usize, _: usize) bool {
    return len <= c.malloc_usable_size(memory.ptr);
}

fn remap(_: *anyopaque, memory: []u8, alignment: std.mem.Alignment, len: usize, _: usize) ?[*]u8 {
    // A realloc that moves the block may lose a larger alignment.
    if (alignment.toByteUnits() <= host_alignment) return c.realloc(memory.ptr, len);
    return if (len <= c.malloc_usable_size(memory.ptr)) memory.ptr else null;
}

fn release(_: *anyopaque, memory: []u8, _: std.mem.Alignment, _: usize) void {
    c.free(memory.ptr);
}

// ---- Values of the convention -------------------------------------------------------------------

/// C's `hh_bytes`: what a list of texts is made of, `[]const hh.Bytes` as a parameter.
pub const Bytes = extern struct {
    ptr: ?[*]const u8,
    len: usize,

    pub fn slice(bytes: Bytes) []const u8 {
        return if (bytes.ptr) |ptr| ptr[0..bytes.len] else &.{};
    }
};

/// A result that is a value, or an error with a code (not 0) and a message:
///
///     return .{ .failure = .{ .code = 2, .message = "not a number" } };
///
/// A message is static or from `allocator`. Only results that are slices can have one.
pub fn Result(comptime T: type) type {
    return union(enum) {
        value: T,
        failure: Failure,

        pub const Value = T;
        pub const is_hostheap_result = true;
    };
}

pub const Failure = struct { code: i32, message: []const u8 = "" };

/// A packed result, for functions that are exported without the help of this file: the pointer in the
/// high half, the length in elements in the low one. Of static data, or a slice that `allocator` gave.
pub fn pack(slice: anytype) u64 {
    return @as(u64, addressOf(slice)) << 32 | slice.len;
}

/// An empty slice may point anywhere: Zig makes up addresses for those that need no memory. Only one
/// that can be a block's is passed on, so that the host frees it.
fn addressOf(slice: anytype) usize {
    const address = @intFromPtr(slice.ptr);
    const is_heap = address >= @intFromPtr(&__heap_base) and
        address < @wasmMemorySize(0) * std.wasm.page_size;
    return if (slice.len > 0 or is_heap) address else @intFromPtr(&nothing);
}

/// Of the linker's.
extern const __heap_base: u8;

const nothing: [16]u8 align(host_alignment) = @splat(0);

/// A packed result where `null` is one.
pub fn packOptional(slice: anytype) u64 {
    return if (slice) |some| pack(some) else 0;
}

/// A packed result of a host function: `null`, or a slice that is the plugin's, to be freed by
/// `allocator.free`.
pub fn unpack(comptime T: type, packed_result: u64) ?[]T {
    return owned(T, @truncate(packed_result >> 32), @truncate(packed_result));
}

fn owned(comptime T: type, address: usize, len: usize) ?[]T {
    if (address == 0) return null;
    if (len == 0) {
        // `Allocator.free` does nothing for an empty slice, but this is a block.
        c.free(@ptrFromInt(address));
        return &.{};
    }
    return @as([*]T, @ptrFromInt(address))[0..len];
}

// ---- Exports ------------------------------------------------------------------------------------

/// Exports each `pub fn` of a struct, `@This()` of the root file for instance, under its own name:
///
/// | in Zig | in C |
/// |---|---|
/// | numbers, `bool`, pointers, extern structs, `*const fn (…) callconv(.c) …` | the same |
/// | `[]const T`, `[]T`, `?[]const T` | `const T *x, size_t count`; `NULL` is `null` |
/// | `[:0]const u8`, `?[:0]const u8` | `const char *x` |
/// | result `[]T`, `?[]T` | `hh_packed` |
/// | result `[:0]u8`, `?[:0]u8` | `char *` |
/// | result `error{OutOfMemory}!X` | as `X`; out of memory is a panic |
/// | result `hh.Result(X)` | `int32_t f(X *out, …)`, of a slice `hh_bytes *out` |
/// | result of any other error set | the same: code 1, and the error's name as the message |
pub fn exports(comptime T: type) void {
    @setEvalBranchQuota(100_000);
    inline for (@typeInfo(T).@"struct".decl_names) |name| {
        const it = @field(T, name);
        if (@typeInfo(@TypeOf(it)) == .@"fn") exportFunction(name, it);
    }
}

/// Exports one function under a name.
pub fn exportFunction(comptime name: []const u8, comptime function: anytype) void {
    @export(&Wrapped(name, function).export_it, .{ .name = name });
}

fn Wrapped(comptime name: []const u8, comptime function: anytype) type {
    const F = @TypeOf(function);
    const info = @typeInfo(F).@"fn";
    if (info.is_generic) {
        @compileError("`" ++ name ++ "` is generic and cannot be exported: give each parameter a type");
    }
    const R = Lowered(name, info.return_type.?);
    const P = comptime parameters: {
        var all: []const type = if (R.Out) |Out| &.{*Out} else &.{};
        for (info.param_types) |T| all = all ++ lowered(name, T.?);
        break :parameters all;
    };
    return struct {
        fn run(args: @Tuple(P)) R.C {
            var zig: std.meta.ArgsTuple(F) = undefined;
            comptime var at = if (R.Out == null) 0 else 1;
            inline for (info.param_types, 0..) |T, i| {
                zig[i] = lift(T.?, args, at);
                at += comptime lowered(name, T.?).len;
            }
            const result = @call(.auto, function, zig);
            return if (R.Out == null) R.lower(result, {}) else R.lower(result, args[0]);
        }

        // One for each number of parameters: their types are computed, their number cannot be.
        const export_it = switch (P.len) {
            0 => of0,
            1 => of1,
            2 => of2,
            3 => of3,
            4 => of4,
            5 => of5,
            6 => of6,
            7 => of7,
            8 => of8,
            9 => of9,
            10 => of10,
            else => @compileError("`" ++ name ++ "` has too many parameters: pass a struct"),
        };
        fn of0() callconv(.c) R.C {
            return run(.{});
        }
        fn of1(a: P[0]) callconv(.c) R.C {
            return run(.{a});
        }
        fn of2(a: P[0], b: P[1]) callconv(.c) R.C {
            return run(.{ a, b });
        }
        fn of3(a: P[0], b: P[1], d: P[2]) callconv(.c) R.C {
            return run(.{ a, b, d });
        }
        fn of4(a: P[0], b: P[1], d: P[2], e: P[3]) callconv(.c) R.C {
            return run(.{ a, b, d, e });
        }
        fn of5(a: P[0], b: P[1], d: P[2], e: P[3], f: P[4]) callconv(.c) R.C {
            return run(.{ a, b, d, e, f });
        }
        fn of6(a: P[0], b: P[1], d: P[2], e: P[3], f: P[4], g: P[5]) callconv(.c) R.C {
            return run(.{ a, b, d, e, f, g });
        }
        fn of7(a: P[0], b: P[1], d: P[2], e: P[3], f: P[4], g: P[5], h: P[6]) callconv(.c) R.C {
            return run(.{ a, b, d, e, f, g, h });
        }
        fn of8(
            a: P[0],
            b: P[1],
            d: P[2],
            e: P[3],
            f: P[4],
            g: P[5],
            h: P[6],
            i: P[7],
        ) callconv(.c) R.C {
            return run(.{ a, b, d, e, f, g, h, i });
        }
        fn of9(
            a: P[0],
            b: P[1],
            d: P[2],
            e: P[3],
            f: P[4],
            g: P[5],
            h: P[6],
            i: P[7],
            j: P[8],
        ) callconv(.c) R.C {
            return run(.{ a, b, d, e, f, g, h, i, j });
        }
        fn of10(
            a: P[0],
            b: P[1],
            d: P[2],
            e: P[3],
            f: P[4],
            g: P[5],
            h: P[6],
            i: P[7],
            j: P[8],
            k: P[9],
        ) callconv(.c) R.C {
            return run(.{ a, b, d, e, f, g, h, i, j, k });
        }
    };
}

/// What a type of Zig's is to the convention.
const Kind = union(enum) {
    slice: type,
    optional_slice: type,
    text,
    optional_text,
    plain,
};

fn kindOf(comptime name: []const u8, comptime T: type) Kind {
    switch (@typeInfo(T)) {
        .pointer => |pointer| if (pointer.size == .slice) {
            if (pointer.sentinel_ptr != null) {
                if (pointer.child == u8) return .text;
            } else if (isPlain(pointer.child)) {
                return .{ .slice = T };
            }
        } else return .plain,
        .optional => |optional| switch (kindOf(name, optional.child)) {
            .slice => |S| return .{ .optional_slice = S },
            .text => return .optional_text,
            .plain => if (@typeInfo(optional.child) == .pointer) return .plain,
            else => {},
        },
        else => if (T == void or isPlain(T)) return .plain,
    }
    @compileError("`" ++ name ++ "` passes a " ++ @typeName(T) ++ ", which the convention does not " ++
        "have; it has numbers, bool, extern structs, pointers, slices of these, and optional " ++
        "pointers and slices; a list of texts is []const hostheap.Bytes, and a scalar has no null");
}

fn isPlain(comptime T: type) bool {
    return switch (@typeInfo(T)) {
        .int => |int| int.bits == 8 or int.bits == 16 or int.bits == 32 or int.bits == 64,
        .float => |float| float.bits == 32 or float.bits == 64,
        .bool => true,
        .pointer => |pointer| pointer.size != .slice,
        .optional => |optional| @typeInfo(optional.child) == .pointer and isPlain(optional.child),
        .@"enum" => |it| isPlain(it.tag_type),
        .@"struct" => |it| it.layout != .auto,
        .array => |array| isPlain(array.child),
        else => false,
    };
}

fn Many(comptime Slice: type) type {
    const pointer = @typeInfo(Slice).pointer;
    return if (pointer.attrs.@"const") ?[*]const pointer.child else ?[*]pointer.child;
}

/// The C parameters of a parameter.
fn lowered(comptime name: []const u8, comptime T: type) []const type {
    return switch (kindOf(name, T)) {
        .slice, .optional_slice => |S| &.{ Many(S), usize },
        .text, .optional_text => &.{?[*:0]const u8},
        .plain => &.{T},
    };
}

/// A parameter of the C parameters from `at` on.
inline fn lift(comptime T: type, args: anytype, comptime at: usize) T {
    return switch (comptime kindOf("", T)) {
        .slice => if (args[at]) |ptr| ptr[0..args[at + 1]] else &.{},
        .optional_slice => if (args[at]) |ptr| ptr[0..args[at + 1]] else null,
        .text => std.mem.span(args[at].?),
        .optional_text => if (args[at]) |ptr| std.mem.span(ptr) else null,
        .plain => args[at],
    };
}

/// How a function's result goes to the host: the C result, the type behind the first parameter if it
/// goes there, and how to make them.
fn Lowered(comptime name: []const u8, comptime T: type) type {
    if (@typeInfo(T) == .error_union) {
        const it = @typeInfo(T).error_union;
        const names = @typeInfo(it.error_set).error_set.error_names orelse
            @compileError("`" ++ name ++ "` returns anyerror: name the errors, or write `!T`");
        const only_memory = names.len == 0 or
            names.len == 1 and std.mem.eql(u8, names[0], "OutOfMemory");
        const wraps = !only_memory and !isResult(it.payload);
        const Inner = Lowered(name, if (wraps) Result(it.payload) else it.payload);
        return struct {
            const C = Inner.C;
            const Out = Inner.Out;
            inline fn lower(result: T, out: anytype) C {
                if (result) |value| {
                    return Inner.lower(if (wraps) .{ .value = value } else value, out);
                } else |err| {
                    if (only_memory) @panic("out of memory");
                    return Inner.lower(.{ .failure = .{ .code = 1, .message = @errorName(err) } }, out);
                }
            }
        };
    }
    if (isResult(T)) {
        const V = T.Value;
        const is_slice = V != void and kindOf(name, V) != .plain;
        return struct {
            const C = i32;
            const Out: ?type = if (V == void) null else if (is_slice) Bytes else V;
            inline fn lower(result: T, out: anytype) i32 {
                switch (result) {
                    .value => |value| {
                        if (is_slice) {
                            const result_of = Lowered(name, V).lower(value, {});
                            const address: usize = @truncate(result_of >> 32);
                            out.* = .{ .ptr = @ptrFromInt(address), .len = @truncate(result_of) };
                        } else if (V != void) {
                            out.* = value;
                        }
                        return 0;
                    },
                    .failure => |failure| {
                        if (is_slice) {
                            const message = failure.message;
                            out.* = .{ .ptr = @ptrFromInt(addressOf(message)), .len = message.len };
                        }
                        return failure.code;
                    },
                }
            }
        };
    }
    return struct {
        const C = switch (kindOf(name, T)) {
            .slice, .optional_slice => u64,
            .text, .optional_text => ?[*:0]const u8,
            .plain => T,
        };
        const Out: ?type = null;
        inline fn lower(result: T, _: void) C {
            return switch (comptime kindOf(name, T)) {
                .slice => pack(result),
                .optional_slice => packOptional(result),
                .text => result.ptr,
                .optional_text => if (result) |text| text.ptr else null,
                .plain => result,
            };
        }
    };
}

fn isResult(comptime T: type) bool {
    return @typeInfo(T) == .@"union" and @hasDecl(T, "is_hostheap_result");
}

// ---- Imports ------------------------------------------------------------------------------------

/// A host function, with the same types in both directions as `exports` has:
///
///     const ask = hh.import("host", "ask", fn (question: []const u8) ?[]u8);
///
/// A slice that it returns is the plugin's, to be freed by `allocator.free`. A `Result` of a slice
/// owns its message too.
pub fn import(comptime module: []const u8, comptime name: []const u8, comptime F: type) F {
    const info = @typeInfo(F).@"fn";
    const R = info.return_type.?;
    const It = struct {
        const V = if (isResult(R)) R.Value else R;
        const kind = kindOf(name, V);
        const Out = if (kind == .plain) V else Bytes;
        const has_out = isResult(R) and V != void;
        const P = parameters: {
            var all: []const type = if (has_out) &.{*Out} else &.{};
            for (info.param_types) |T| all = all ++ lowered(name, T.?);
            break :parameters all;
        };
        const C = if (isResult(R)) i32 else switch (kind) {
            .slice, .optional_slice => u64,
            .text, .optional_text => ?[*:0]u8,
            .plain => R,
        };
        const host = @extern(*const @Fn(P, &@splat(.{}), C, .{ .@"callconv" = .c }), .{
            .name = name,
            .library_name = module,
        });

        fn call(zig: std.meta.ArgsTuple(F)) R {
            var args: @Tuple(P) = undefined;
            var out: if (has_out) Out else void = undefined;
            if (has_out) args[0] = &out;
            comptime var at = if (has_out) 1 else 0;
            inline for (info.param_types, 0..) |T, i| {
                switch (comptime kindOf(name, T.?)) {
                    .slice => {
                        args[at] = zig[i].ptr;
                        args[at + 1] = zig[i].len;
                    },
                    .optional_slice => {
                        args[at] = if (zig[i]) |some| some.ptr else null;
                        args[at + 1] = if (zig[i]) |some| some.len else 0;
                    },
                    .text => args[at] = zig[i].ptr,
                    .optional_text => args[at] = if (zig[i]) |some| some.ptr else null,
                    .plain => args[at] = zig[i],
                }
                at += comptime lowered(name, T.?).len;
            }
            const result = @call(.auto, host, args);
            return if (comptime isResult(R)) answer(result, out) else value(result);
        }

        fn value(result: C) R {
            return switch (kind) {
                .slice => |S| unpack(@typeInfo(S).pointer.child, result) orelse &.{},
                .optional_slice => |S| unpack(@typeInfo(S).pointer.child, result),
                .text => std.mem.span(result.?),
                .optional_text => if (result) |text| std.mem.span(text) else null,
                .plain => result,
            };
        }

        fn bytesOf(comptime T: type, out: Bytes) ?[]T {
            return owned(T, @intFromPtr(out.ptr), out.len);
        }

        fn answer(code: i32, out: anytype) R {
            if (code != 0) return .{ .failure = .{
                .code = code,
                .message = if (kind == .plain) "" else bytesOf(u8, out) orelse "",
            } };
            return .{ .value = switch (kind) {
                .slice => |S| bytesOf(@typeInfo(S).pointer.child, out) orelse &.{},
                .optional_slice => |S| bytesOf(@typeInfo(S).pointer.child, out),
                .plain => out,
                else => @compileError("`" ++ name ++ "`: a text in a Result is a []u8"),
            } };
        }

        // As for exports.
        fn A(comptime i: usize) type {
            return info.param_types[i].?;
        }
        fn of0() R {
            return call(.{});
        }
        fn of1(a: A(0)) R {
            return call(.{a});
        }
        fn of2(a: A(0), b: A(1)) R {
            return call(.{ a, b });
        }
        fn of3(a: A(0), b: A(1), d: A(2)) R {
            return call(.{ a, b, d });
        }
        fn of4(a: A(0), b: A(1), d: A(2), e: A(3)) R {
            return call(.{ a, b, d, e });
        }
        fn of5(a: A(0), b: A(1), d: A(2), e: A(3), f: A(4)) R {
            return call(.{ a, b, d, e, f });
        }
        fn of6(a: A(0), b: A(1), d: A(2), e: A(3), f: A(4), g: A(5)) R {
            return call(.{ a, b, d, e, f, g });
        }
    };
    return switch (info.param_types.len) {
        0 => It.of0,
        1 => It.of1,
        2 => It.of2,
        3 => It.of3,
        4 => It.of4,
        5 => It.of5,
        6 => It.of6,
        else => @compileError("`" ++ name ++ "` has too many parameters: declare it as an `extern \"" ++
            module ++ "\" fn`"),
    };
}

// ---- The end ------------------------------------------------------------------------------------

/// A panic handler that tells the host why, in one line of the plugin's root file:
///
///     pub const panic = hh.panicTelling(tell); // fn tell(text: []const u8) void
pub fn panicTelling(comptime tell: fn ([]const u8) void) type {
    return std.debug.FullPanic(struct {
        fn panic(message: []const u8, _: ?usize) noreturn {
            @branchHint(.cold);
            // No allocation: there may be no memory.
            const start = "panicked: ";
            var len = @min(message.len, line.len - start.len);
            // Not in the middle of a letter.
            while (len < message.len and len > 0 and message[len] & 0xc0 == 0x80) len -= 1;
            @memcpy(line[0..start.len], start);
            @memcpy(line[start.len..][0..len], message[0..len]);
            tell(line[0 .. start.len + len]);
            @trap();
        }
        var line: [512]u8 = undefined;
    }.panic);
}
