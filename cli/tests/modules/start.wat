;; All that a host rewrites: a start function, an imported memory, a table without an export.
(module
  (import "env" "memory" (memory 1))
  (import "env" "calloc" (func $calloc (param i32 i32) (result i32)))
  (table 2 2 funcref)
  (func $constructors
    (drop (call $calloc (i32.const 1) (i32.const 8))))
  (func $heap_base (export "heap_base") (result i32) (i32.const 2048))
  (elem (i32.const 1) $constructors)
  (start $constructors)
  (data (i32.const 1024) "words"))
