;; Has a malloc and a free of its own under their names, and exports neither.
(module
  (memory (export "memory") 2)
  (global (export "__heap_base") i32 (i32.const 2048))
  (func $malloc (param i32) (result i32) (memory.grow (i32.const 1)))
  (func $free (param i32))
  (func (export "text") (result i32) (local i32)
    (local.set 0 (call $malloc (i32.const 16)))
    (call $free (local.get 0))
    (local.get 0))
  (data (i32.const 1024) "words"))
