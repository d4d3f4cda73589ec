;; Six megabytes of zeros between a little data and a small stack.
(module
  (memory (export "memory") 93)
  (global $__stack_pointer (mut i32) (i32.const 6071632))
  (global (export "__data_end") i32 (i32.const 6006096))
  (global (export "__heap_base") i32 (i32.const 6071632))
  (func (export "run"))
  (data (i32.const 1024) "a few words"))
