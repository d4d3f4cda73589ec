//! Broken plugins, and what of the report's mends is done to each.

use super::tools::Tool;

pub(crate) struct Row {
    /// The finding that is mended.
    pub(crate) code: &'static str,
    pub(crate) tool: Tool,
    /// A file in `tests/mends`.
    pub(crate) source: &'static str,
    /// Words of the command line, behind the tool's own and the source.
    pub(crate) words: &'static [&'static str],
    pub(crate) contract: &'static str,
    /// What is done, in this order.
    pub(crate) steps: &'static [Step],
}

#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// The words of the mend at compiler or linker: added, and taken off.
    Flag,
    /// The mend's line goes into the source: this text is replaced by that, with the line for `@`.
    Source(&'static str, &'static str),
    /// A mend in words that contains the first: the second is added, the third taken off.
    Words((&'static str, &'static str, &'static str)),
    /// A mend in words that contains the first: in the source the second is replaced by the third.
    Edit(&'static str, &'static str, &'static str),
    /// Last: building fails now, and the message has this in it.
    Fails(&'static str),
    /// The mend's line goes into the contract, into this table.
    Contract(&'static str),
}
use Step::{Contract, Edit, Fails, Flag, Source, Words};

const GREET: &str = "[exports]\ngreet = \"(str) -> string\"";
const EXACT: &str = "[policy]\nunknown_layout = \"refuse\"";
const WASI: &str = "[exports]\ngreet = \"(str) -> string\"\n[policy]\nwasi = \"allow\"";
const EXACT_WASI: &str = "[policy]\nunknown_layout = \"refuse\"\nwasi = \"allow\"";
const SMALL_WASI: &str = "[memory]\ninitial = \"256K\"\n[policy]\nwasi = \"allow\"";
const ONE_HEAP: &str = "[exports]\ngreet = \"(str) -> string\"\n[policy]\nsecond_allocator = \"refuse\"\nlegacy = \"refuse\"\nwasi = \"allow\"";
const LOG: &str = "[imports.host]\nlog_line = \"(str)\"";
const COMMAND: &str = "[policy]\ncommand = \"refuse\"\nwasi = \"allow\"";
const SMALL: &str = "[memory]\ninitial = \"256K\"";
const GROWS: &str = "[memory]\ngrowable = true";
const LIMITED: &str = "[memory]\nmaximum = \"1M\"";

macro_rules! rows {
    ($($code:literal $tool:ident $source:literal [$($word:expr),*] $contract:expr => $($step:expr),+;)*) => {
        pub(crate) const ROWS: &[Row] = &[$(Row {
            code: $code,
            tool: Tool::$tool,
            source: $source,
            words: &[$($word),*],
            contract: $contract,
            steps: &[$($step),+],
        },)*];
    };
}

const NO_ENTRY: &str = "-Wl,--no-entry";
const REACTOR: &str = "-mexec-model=reactor";
const CDYLIB: &str =
    "--crate-type cdylib --target wasm32-unknown-unknown -C panic=abort -C opt-level=s";
const RUST_WASI: &str = "--crate-type cdylib --target wasm32-wasip1 -C panic=abort -C opt-level=s";
const ZIG: &str = "-fno-entry -target wasm32-freestanding -O ReleaseSmall";
const ZIG_GREET: &str = "-fno-entry -target wasm32-freestanding -O ReleaseSmall --export=greet";

rows! {
    // --- An export is missing.
    "missing-export" Clang19 "echo.c" [NO_ENTRY] GREET => Flag;
    "missing-export" Clang14 "echo.c" [NO_ENTRY] GREET => Flag;
    "missing-export" Wasi19 "libc.c" [REACTOR, "-Dgreet=salute -Wl,--export=salute -Dexport_name(x)="] GREET
        => Words(("-Wl,--export=greet", "-Dgreet=greet -Wl,--export=greet", "-Wl,--export=salute"));
    "missing-export" Wasi14 "echo.c" [REACTOR] GREET => Flag;
    "missing-export" Emscripten "echo.c" ["--no-entry -O2 -sALLOW_MEMORY_GROWTH=1"] GREET => Flag;
    "missing-export" Rust "echo.rs" [CDYLIB] GREET => Source("pub fn greet", "@");
    "missing-export" Zig "echo.zig" [ZIG] GREET => Source("fn greet", "@"), Flag;
    "missing-export" ZigCc "echo.c" [REACTOR, "-Os"] WASI => Flag;
    "missing-export" AssemblyScript "echo.ts" [] GREET => Source("function greet", "@");
    "missing-export" Clang19 "mangled.cpp" [NO_ENTRY, "-Wl,--export-dynamic"] GREET
        => Source("/* Exported by its C++ name. */", "@");
    "missing-export" Clang14 "mangled.cpp" [NO_ENTRY, "-Wl,--export-dynamic"] GREET
        => Source("/* Exported by its C++ name. */", "@");

    // --- Where the heap starts is not known.
    "heap-base-unknown" Clang19 "exported.c" [NO_ENTRY, "-Wl,--stack-first"] EXACT => Flag;
    "heap-base-unknown" Clang14 "exported.c" [NO_ENTRY, "-Wl,--stack-first"] EXACT => Flag;
    "heap-base-unknown" Clang19 "exported.c" [NO_ENTRY, "-Wl,-s"] EXACT => Flag;
    "heap-base-unknown" Wasi19 "program.c" [REACTOR, "-Dmain=not_main -Wl,--stack-first"] EXACT => Flag;
    "heap-base-unknown" Emscripten "exported.c" ["--no-entry -O2"] EXACT => Flag;
    "heap-base-unknown" Rust "exported.rs" [RUST_WASI] EXACT => Flag;
    "heap-base-unknown" Zig "exported.zig" [ZIG_GREET] EXACT => Flag;
    "heap-base-unknown" ZigCc "exported.c" [REACTOR, "-Os -s"] EXACT_WASI => Flag;
    "heap-base-unknown" AssemblyScript "exported.ts" [] EXACT
        => Source("export function greet", "@\nexport function greet");
    "heap-base-wrong" AssemblyScript "fixed_heap.ts" [] EXACT => Flag;
    "heap-base-type" AssemblyScript "start_base.ts" ["--initialMemory 1"] EXACT => Source("export { base as __heap_base };", "@");
    "heap-base-type" Clang19 "base.c" [NO_ENTRY] EXACT
        => Edit("with no `__heap_base` of the plugin's own", "HH_EXPORT(\"__heap_base\") ", ""), Flag;

    // --- Imports.
    "import-not-allowed" Clang19 "log.c" [NO_ENTRY, "-Wl,--allow-undefined"] LOG
        => Source("void log_line", "@ void log_line");
    "import-not-allowed" Emscripten "log.c" ["--no-entry -sALLOW_MEMORY_GROWTH=1 -sERROR_ON_UNDEFINED_SYMBOLS=0"] LOG
        => Source("void log_line", "@ void log_line");
    "import-not-allowed" Rust "log.rs" [CDYLIB] LOG => Source("unsafe extern", "@ unsafe extern");
    "import-not-allowed" Zig "log.zig" [ZIG_GREET] LOG
        => Source("extern fn log_line", "@");
    "import-not-allowed" AssemblyScript "log.ts" [] LOG
        => Source("declare function", "// @ts-ignore: decorator\n@ declare function");
    "import-not-allowed" AssemblyScript "abort.ts" [] GREET => Flag;
    "minified-names" Emscripten "minified.c" ["-O3 --no-entry -sALLOW_MEMORY_GROWTH=1 -sERROR_ON_UNDEFINED_SYMBOLS=0 -o plugin.js"] "[imports.env]\nlog_line = \"(str)\"\n[exports]\ngreet = \"(str) -> string\""
        => Flag;
    "wasi-not-allowed" Wasi19 "clock.c" [REACTOR] GREET => Contract("[policy]");
    "wasi-not-allowed" Rust "clock.rs" [RUST_WASI] GREET => Flag;

    // --- Types.
    "export-type" Clang19 "sum.c" [NO_ENTRY] "[exports]\nsum = \"(i32, i32) -> i64\""
        => Source("HH_EXPORT(\"sum\") int32_t sum(int32_t x1, int32_t x2)\n", "HH_EXPORT(\"sum\") @\nint64_t sum(int32_t x1, int32_t x2)\n");

    // --- Allocators.
    "legacy-heap" Clang19 "own_heap.c" [NO_ENTRY, "-Wl,--export=malloc -Wl,--export=free"] GREET
        => Contract("[policy]");
    "hidden-heap" Wasi19 "libc.c" [REACTOR] ONE_HEAP => Flag;
    "two-heaps" Wasi19 "two_heaps.c" [REACTOR] ONE_HEAP => Flag;
    "two-heaps" Wasi14 "two_heaps.c" [REACTOR] ONE_HEAP => Flag;
    "command-module" Wasi14 "program.c" [] COMMAND => Flag;
    "heap-base-unknown" Wasi14 "program.c" [REACTOR, "-Dmain=not_main -Wl,-s"] EXACT => Flag;
    "two-heaps" Emscripten "two_heaps.c" ["--no-entry -O1 -sMALLOC=dlmalloc -sALLOW_MEMORY_GROWTH=1 -sERROR_ON_UNDEFINED_SYMBOLS=0"] ONE_HEAP => Flag;
    "hidden-heap" Emscripten "libc.c" ["--no-entry -O1"] ONE_HEAP => Flag;
    "hidden-heap" ZigCc "libc.c" [REACTOR, "-Os"] ONE_HEAP => Flag;
    "hidden-heap" Rust "heap.rs" [CDYLIB] ONE_HEAP => Source("// The allocator goes here.", "@");
    "hidden-heap" Rust "heap.rs" [RUST_WASI] ONE_HEAP => Source("// The allocator goes here.", "@");
    "hidden-heap" Zig "heap.zig" [ZIG_GREET] ONE_HEAP
        => Source("const allocator = @import(\"std\").heap.wasm_allocator;", "@");
    "hidden-heap" AssemblyScript "heap.ts" ["--use abort="] ONE_HEAP => Flag;

    // --- Sizes.
    "initial-memory" Clang19 "exported.c" [NO_ENTRY, "-Wl,--initial-memory=1048576"] SMALL => Flag;
    "initial-memory" Clang14 "exported.c" [NO_ENTRY, "-Wl,-z,stack-size=1048576"] SMALL => Flag;
    "initial-memory" Emscripten "exported.c" ["--no-entry -O2 -sALLOW_MEMORY_GROWTH=1"] SMALL => Flag;
    "initial-memory" Rust "exported.rs" [CDYLIB] SMALL => Flag;
    "initial-memory" Zig "exported.zig" [ZIG_GREET] SMALL => Flag;
    "initial-memory" ZigCc "exported.c" [REACTOR, "-Os"] SMALL_WASI => Flag;
    "initial-memory" AssemblyScript "exported.ts" ["--initialMemory 10"] SMALL => Flag;
    "maximum-memory" Clang19 "exported.c" [NO_ENTRY, "-Wl,--max-memory=16777216"] LIMITED => Flag;
    "maximum-memory" Clang14 "exported.c" [NO_ENTRY, "-Wl,--max-memory=16777216"] LIMITED => Flag;
    "maximum-memory" Rust "exported.rs" [CDYLIB, "-C link-arg=-zstack-size=65536 -C link-arg=--max-memory=16777216"] LIMITED => Flag;
    "maximum-memory" Zig "exported.zig" [ZIG_GREET, "--stack 65536 --max-memory=16777216"] LIMITED => Flag;
    "maximum-memory" AssemblyScript "exported.ts" ["--maximumMemory 100"] LIMITED => Flag;
    "fixed-memory" Clang19 "exported.c" [NO_ENTRY, "-Wl,--no-growable-memory"] GROWS => Flag;
    "fixed-memory" Clang14 "exported.c" [NO_ENTRY, "-Wl,--max-memory=131072"] GROWS => Flag;
    "no-heap-room" Clang19 "exported.c" [NO_ENTRY, "-Wl,-s -Wl,--max-memory=131072"] GREET => Flag;
    "fixed-memory" Emscripten "exported.c" ["--no-entry -O2 -Wl,--export=__heap_base"] GROWS => Flag;
    "no-heap-room" Emscripten "exported.c" ["--no-entry -O2"] GREET => Flag;
    "fixed-memory" AssemblyScript "fixed_heap.ts" ["--initialMemory 1 --maximumMemory 1"] GROWS => Flag;

    // --- Kinds of modules.
    "command-module" Wasi19 "program.c" [] COMMAND => Flag;
    "command-module" Rust "program.rs" ["--target wasm32-wasip1 -C panic=abort"] COMMAND => Flag;
    "start-function" AssemblyScript "start.ts" [] "[policy]\nstart = \"refuse\"" => Flag;
    "wrapped-exports" Clang19 "constructor.c" [NO_ENTRY] "[policy]\nwrapped_exports = \"refuse\""
        => Source("static uint32_t calls;", "@\nstatic uint32_t calls;");
    "wrapped-exports" Clang14 "constructor.c" [NO_ENTRY] "[policy]\nwrapped_exports = \"refuse\""
        => Source("static uint32_t calls;", "@\nstatic uint32_t calls;");
    "shared-memory" Clang19 "exported.c" [NO_ENTRY, "-matomics -mbulk-memory -Wl,--shared-memory -Wl,--max-memory=1048576"] GREET => Flag;
    "object-file" Clang19 "exported.c" [NO_ENTRY, "-c"] GREET => Words(("leave out -c", "", "-c"));

    // --- A name that is defined nowhere: the linker says so, once it may.
    "import-not-allowed" Clang19 "typo.c" [NO_ENTRY, "-Wl,--allow-undefined"] LOG
        => Flag, Fails("log_lnie");
    "import-not-allowed" Clang14 "typo.c" [NO_ENTRY, "-Wl,--allow-undefined"] LOG
        => Flag, Fails("log_lnie");
    "import-not-allowed" Emscripten "typo.c" ["--no-entry -sALLOW_MEMORY_GROWTH=1 -sERROR_ON_UNDEFINED_SYMBOLS=0"] LOG
        => Flag, Fails("log_lnie");

    "hidden-heap" Clang19 "own_heap.c" [NO_ENTRY] ONE_HEAP
        => Source("#include <stddef.h>", "#include <stddef.h>\n@");
    "hidden-heap" Clang14 "own_heap.c" [NO_ENTRY] ONE_HEAP
        => Source("#include <stddef.h>", "#include <stddef.h>\n@");
    "command-module" Emscripten "program.c" ["-O1 -sALLOW_MEMORY_GROWTH=1"] COMMAND
        => Flag, Edit("leave `main` out", "int main(void)", "static inline int not_main(void)");
    "command-module" Zig "program.zig" ["-target wasm32-wasi -O ReleaseSmall --export=greet"] COMMAND => Flag;
    "command-module" ZigCc "program.c" ["-Os"] COMMAND => Flag;
    "command-module" AssemblyScript "start.ts" ["--exportStart _start"] COMMAND => Flag;
    "wasi-not-allowed" Zig "exported.zig" ["-fno-entry -target wasm32-wasi -O ReleaseSafe --export=greet"] GREET
        => Flag;
    "wrapped-exports" Wasi19 "program.c" ["-DCTOR"] "[policy]\nwrapped_exports = \"refuse\"\nwasi = \"allow\"" => Flag;
    "wrapped-exports" Rust "constructor.rs" [CDYLIB] "[policy]\nwrapped_exports = \"refuse\""
        => Source("// Constructors are run here.", "unsafe extern \"C\" { fn __wasm_call_ctors(); }\n@");
    "fixed-memory" Rust "exported.rs" [CDYLIB, "-C link-arg=--max-memory=1114112"] GROWS => Flag;
    "fixed-memory" Zig "exported.zig" [ZIG_GREET, "--stack 65536 --max-memory=131072 --export=__heap_base"] GROWS => Flag;
    "maximum-memory" Emscripten "exported.c" ["--no-entry -O2 -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=33554432"] "[memory]\nmaximum = \"20M\"" => Flag;
    "initial-memory" Clang19 "exported.c" [NO_ENTRY] "[memory]\ninitial = \"64K\"" => Flag;
    "shared-memory" AssemblyScript "exported.ts" ["--enable threads --initialMemory 1 --maximumMemory 4 --sharedMemory"] GREET => Flag;
    "shared-memory" Zig "exported.zig" [ZIG_GREET, "-mcpu=generic+atomics+bulk_memory --import-memory --max-memory=4194304 --shared-memory"] GREET => Flag;
    "shared-memory" Rust "exported.rs" [CDYLIB, "-C target-feature=+atomics,+bulk-memory -C link-arg=--no-check-features -C link-arg=--max-memory=4194304 -C link-arg=--shared-memory"] GREET => Flag;

    "missing-export" Wasi19 "mangled.cpp" [REACTOR, "-Wl,--export-dynamic"] WASI
        => Source("/* Exported by its C++ name. */", "@");
    "missing-export" Emscripten "mangled.cpp" ["--no-entry -sALLOW_MEMORY_GROWTH=1 -Wl,--export-dynamic"] WASI
        => Source("/* Exported by its C++ name. */", "@");
    "missing-export" ZigCc "mangled.cpp" [REACTOR, "-Os -fno-exceptions -Wl,--export-dynamic"] WASI
        => Source("/* Exported by its C++ name. */", "@");
    "heap-base-wrong" Clang19 "beyond.c" [NO_ENTRY, "-O1"] EXACT => Flag;
    "heap-base-wrong" Clang14 "beyond.c" [NO_ENTRY, "-O1"] EXACT => Flag;
    "heap-base-wrong" Zig "beyond.zig" [ZIG_GREET, "--export=heap_base"] EXACT => Flag;
    "command-module" Clang19 "start.c" [] COMMAND => Flag;
    "command-module" Clang14 "start.c" [] COMMAND => Flag;
    "maximum-memory" ZigCc "exported.c" [REACTOR, "-Os -Wl,-z,stack-size=65536 -Wl,--max-memory=33554432"] "[memory]\nmaximum = \"2M\"\n[policy]\nwasi = \"allow\"" => Flag;
    "fixed-memory" ZigCc "exported.c" [REACTOR, "-Os -Wl,-z,stack-size=65536 -Wl,--export=__heap_base -Wl,--initial-memory=1048576 -Wl,--max-memory=1048576"] "[memory]\ngrowable = true\n[policy]\nwasi = \"allow\"" => Flag;
}
