;; Exports a heap base of its own that lies in the middle of its static data.
(module
  (import "env" "malloc" (func (param i32) (result i32)))
  (memory (export "memory") 2 16)
  (global (export "__stack_pointer") (mut i32) (i32.const 66592))
  (global (export "__heap_base") i32 (i32.const 1030))
  (func (export "greet") (param i32 i32) (result i64) unreachable)
  (data (i32.const 1024) "hello, world"))
