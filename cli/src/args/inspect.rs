//! The command line of `inspect`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// The plugin: a .wasm file of any kind, or - for stdin
    #[arg(value_name = "PLUGIN.wasm")]
    pub(crate) plugin: PathBuf,

    /// All of it as JSON, on stdout
    #[arg(long)]
    pub(crate) json: bool,

    /// Draw the memory into this file, as SVG; - for stdout, and then nothing else
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) svg: Option<PathBuf>,
}

pub(crate) const HELP: &str = "\
What it shows:
  memory      to scale: data, stack and heap, the size at the start and at most. What is too small
              to be seen is drawn larger (*), a long way to grow is cut (~)
  heap        where it starts, by what evidence, and what better evidence is missing. Certainty is
                exact     the linker's own value
                bounded   the end of the memory, which is safe; how much that wastes is known
                fallback  the same, and how much it wastes is not known
  allocators  those that the module imports, exports, and has inside
  imports, exports, who made it, and what is rewritten when a host loads it

  A module that no host can load is shown as far as it can be read, with all that is wrong.

JSON has the same names from now on; a later version may add more. Offsets and sizes are bytes:
  file, loadable, problems[]{code, message}; all that follows is null if the file cannot be read.
               Codes are those of `hostheap check`
  wasm_bytes, name, has_start, wrapped_exports
  toolchain    .id .version .evidence
  producers    .languages[] .processed_by[] .sdks[], each .name .version
  memory       .min_bytes .max_bytes .imported{module, name} .exported_as, or null
  layout       .heap_base .certainty .evidence{kind, text} .data_start .data_end .static_end
               .data_known .stack_pointer .passed_over[]{kind, text}, or null
  served_by    whose heap serves it: host, plugin (its own malloc and free) or nobody, or null
  heap         .start .room_bytes of the host's heap, if that is it, or null
  map          .regions[]{kind, start, end, bytes} .min_bytes .max_bytes .stack_pointer .heap_base
               .host_heap .claimed_base, or null; kinds: unused stack data bss bss-and-stack unknown
               heap own-heap growth
  allocators   .situation (none host exported hidden two-heaps) .imports[] .exports[] .inside[]
               .memory_grow_functions .memory_size_functions .functions_named
  imports[]    .module .name .kind (function memory global table tag) .type .family
  exports[]    .name .kind .type .family, which is the C name of a member of malloc's family
  rewrites[]   .kind .text

Exit status:
  0  a host can load the module
  1  it cannot, or the bytes are no module
  2  the command line is wrong, or a file cannot be read or written

Examples:
  hostheap inspect greeter.wasm
  hostheap inspect greeter.wasm --svg greeter.svg
  hostheap inspect greeter.wasm --json | jq .layout.heap_base
  hostheap inspect greeter.wasm --json | jq -r '.imports[] | select(.family == null) | .name'
  wasm-opt -O2 greeter.wasm -o - | hostheap inspect -";
