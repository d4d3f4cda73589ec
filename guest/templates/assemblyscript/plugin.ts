import * as hh from "./hostheap/hostheap";

/** A string in, a string out: the name is borrowed, the result is a block that the host frees. */
export function greet(name: usize, len: usize): u64 {
  return hh.giveText("Hello, " + hh.text(name, len) + "!");
}

/** Numbers in: `count` of them, borrowed for the call. */
export function sum(numbers: usize, count: usize): i64 {
  let total: i64 = 0;
  for (let i: usize = 0; i < count; i++) total += load<i32>(numbers + i * 4);
  return total;
}
