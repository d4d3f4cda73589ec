;; As Emscripten lays memory out: data, a stack of 5 MiB, 16 MiB at the start, 2 GiB at most.
(module
  (import "env" "malloc" (func (param i32) (result i32)))
  (import "env" "emscripten_notify_memory_growth" (func (param i32)))
  (memory (export "memory") 256 32768)
  (global $__stack_pointer (mut i32) (i32.const 5251984))
  (global (export "__data_end") i32 (i32.const 9100))
  (global (export "__heap_base") i32 (i32.const 5251984))
  (func (export "run") (param i32) (result i32) (local.get 0))
  (data (i32.const 1024) "a few words")
  (data (i32.const 4096) "and some more, where alignment asks for it"))
