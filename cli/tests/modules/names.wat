;; Names that would steer a terminal, forge a line, or turn one around.
(module
  (import "env" "mal\1b[31mloc" (func (param i32) (result i32)))
  (import "a\0aExports: 7" "\e2\80\aeevil" (func))
  (import "env" "malloc" (func (param i64) (result i32)))
  (memory (export "\c2\9b2J") 2)
  (func (export "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"))
  (@producers
    (language "C\1b[2J" "\c2\9b")
    (processed-by "cl\0aang" "1.0")))
