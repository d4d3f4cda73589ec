;; A module that could have no heap.
(module
  (func (export "one") (result i32) (i32.const 1)))
