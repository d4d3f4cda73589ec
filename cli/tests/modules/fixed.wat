;; Memory that cannot grow, and nothing that says where data and stack end.
(module
  (memory (export "memory") 1 1)
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (data (i32.const 1024) "constants"))
