;; Imports malloc, and has a C library's as well, which takes what lies above the heap base.
(module
  (import "env" "malloc" (func (param i32) (result i32)))
  (import "env" "free" (func (param i32)))
  (memory (export "memory") 2)
  (global $__stack_pointer (mut i32) (i32.const 65536))
  (global (export "__heap_base") i32 (i32.const 65552))
  (func $dlmalloc (param i32) (result i32)
    (memory.grow (i32.const 1)))
  (func (export "text") (result i32)
    (call $dlmalloc (i32.const 16)))
  (data (i32.const 65536) "words"))
