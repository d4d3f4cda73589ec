;; What the call benches run. Every loop counts $n down, so that the cost of the loop itself is the
;; same on both sides of a comparison.
(module
  (import "env" "malloc" (func $malloc (param i32) (result i32)))
  (import "env" "free" (func $free (param i32)))
  (import "host" "get" (func $get (param i32) (result i32)))
  (import "host" "put" (func $put (param i32)))
  (memory (export "memory") 4)
  (global (export "__heap_base") i32 (i32.const 1024))

  (func (export "nothing"))
  (func (export "add") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.add)

  ;; Looks at what it was passed, and no more.
  (func (export "first_byte") (param $ptr i32) (param $len i32) (result i32)
    (i32.load8_u (local.get $ptr)))

  ;; One call of a host function that does nothing, n times.
  (func (export "gets") (param $n i32)
    loop $again
      i32.const 48
      call $get
      drop
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
    end)

  ;; Two such calls, shaped as malloc and free are.
  (func (export "get_put") (param $n i32)
    loop $again
      i32.const 48
      call $get
      call $put
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
    end)

  ;; malloc and free.
  (func (export "malloc_free") (param $n i32)
    loop $again
      i32.const 48
      call $malloc
      call $free
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
    end)
)
