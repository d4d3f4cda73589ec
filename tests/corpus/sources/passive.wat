;; Passive data, put in its place by the start function: no segment tells where. Stack first.
;; truth: heap_base=66064 data_end=66064 stack_pointer=65536
(module
  (memory (export "memory") 2)
  (global $__stack_pointer (mut i32) (i32.const 65536))
  (data $data "\01\02\03\04 kept elsewhere until the start function runs")
  (func $initialize_memory
    (memory.init $data (i32.const 66000) (i32.const 0) (i32.const 50))
    (data.drop $data))
  (func (export "load") (param i32) (result i32)
    (i32.load8_u offset=66000 (i32.and (local.get 0) (i32.const 31))))
  (start $initialize_memory))
