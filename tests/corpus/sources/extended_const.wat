;; Stack last; the data's offset is an expression of constants, as linkers of relocatable code write it.
;; truth: heap_base=67136 data_end=1600 stack_pointer=67136
(module
  (memory (export "memory") 2)
  (global $__stack_pointer (mut i32) (i32.const 67136))
  (data (offset (i32.add (i32.const 1024) (i32.const 476))) "one hundred bytes of data follow in .bss")
  (func (export "load") (param i32) (result i32)
    (i32.load8_u offset=1500 (i32.and (local.get 0) (i32.const 31)))))
