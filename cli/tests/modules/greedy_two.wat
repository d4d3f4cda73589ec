;; The same, and it imports malloc as well: the two would hand out the same bytes.
(module
  (import "env" "malloc" (func (param i32) (result i32)))
  (memory (export "memory") 2)
  (global (export "__heap_base") i32 (i32.const 2048))
  (func $sbrk (param i32) (result i32)
    (drop (memory.grow (i32.const 1)))
    (memory.size))
  (func (export "text") (result i32) (call $sbrk (i32.const 16)))
  (data (i32.const 1024) "words"))
