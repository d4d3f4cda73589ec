;; The host says where the data goes. What the host's `base` must not exceed is the linker's to know:
;; everything that was declared is the module's.
;; truth: heap_base=131072
(module
  (import "env" "base" (global $base i32))
  (import "env" "malloc" (func $malloc (param i32) (result i32)))
  (memory (export "memory") 2)
  (data (offset (global.get $base)) "placed by the host")
  (func (export "take") (param i32) (result i32) (call $malloc (local.get 0))))
