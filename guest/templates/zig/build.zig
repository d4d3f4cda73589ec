//! zig build          builds zig-out/bin/{{name}}.wasm
//! zig build -Doptimize=Debug
const std = @import("std");

pub fn build(b: *std.Build) void {
    const plugin = b.addExecutable(.{
        .name = "{{name}}",
        .root_module = b.createModule(.{
            .root_source_file = b.path("plugin.zig"),
            .target = b.resolveTargetQuery(.{ .cpu_arch = .wasm32, .os_tag = .freestanding }),
            .optimize = b.option(std.builtin.OptimizeMode, "optimize", "default: ReleaseSmall") orelse .ReleaseSmall,
        }),
    });
    plugin.entry = .disabled; // a plugin has no main
    plugin.rdynamic = true; // exports what plugin.zig exports
    plugin.root_module.export_symbol_names = &.{"__heap_base"}; // tells the host where the heap may start
    plugin.stack_size = 64 * 1024;
    b.installArtifact(plugin);
}
