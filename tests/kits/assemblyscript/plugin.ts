// The kits' plugin in AssemblyScript: ../contract.toml says what each export does.
import * as hh from "../../../guest/assemblyscript/hostheap";

// @ts-ignore: decorator
@external("host", "tell") declare function host_tell(text: usize, len: usize): void;
// @ts-ignore: decorator
@external("host", "ask") declare function host_ask(question: usize, len: usize): u64;

/** asc --use abort=plugin/aborted */
function aborted(message: string | null, file: string | null, line: u32, column: u32): void {
  const why = hh.aborted(message, file, line, column);
  host_tell(why.ptr, why.len);
  unreachable();
}

// ---- Values in and out

export function greet(name: usize, len: usize): u64 {
  // Without a string in between: twice the bytes are not to be had when memory is short.
  return new hh.Utf8(len + 8).add("Hello, ").addBytes(name, len).add("!").give();
}

export function shout(text: usize, len: usize): u64 {
  const loud = new hh.Utf8(len);
  for (let i: usize = 0; i < len; i++) {
    const letter = load<u8>(text + i);
    loud.addByte(letter >= 97 && letter <= 122 ? letter - 32 : letter);
  }
  return loud.give();
}

export function reverse(data: usize, len: usize): u64 {
  return hh.giveArray(hh.bytes(data, len).reverse());
}

export function sum(numbers: usize, count: usize): i64 {
  let total: i64 = 0;
  const all = hh.array<i32>(numbers, count);
  for (let i = 0; i < all.length; i++) total += all[i];
  return total;
}

export function scale(numbers: usize, count: usize, factor: f64): void {
  for (let i: usize = 0; i < count; i++) {
    const at = numbers + i * sizeof<f64>();
    store<f64>(at, load<f64>(at) * factor);
  }
}

@unmanaged
class Point {
  x: f64;
  y: f64;
}

/** A struct as the result: the host says where it goes. */
export function middle(out: Point, a: Point, b: Point): void {
  const x = (a.x + b.x) / 2;
  const y = (a.y + b.y) / 2;
  out.x = x;
  out.y = y;
}

export function longest(texts: usize, count: usize): u64 {
  if (count == 0) return hh.giveText("");
  let best = hh.bytesAt(texts, 0);
  for (let i: usize = 1; i < count; i++) {
    const one = hh.bytesAt(texts, i);
    if (one.len > best.len) best = one;
  }
  return new hh.Utf8(best.len).addBytes(best.ptr, best.len).give();
}

export function parse(out: usize, text: usize, len: usize): i32 {
  const negative = len > 0 && load<u8>(text) == 45;
  let at: usize = negative ? 1 : 0;
  let good = at < len;
  // Downwards, where there is one number more.
  let value: i64 = 0;
  for (; good && at < len; at++) {
    const digit = <i64>load<u8>(text + at) - 48;
    good = digit >= 0 && digit <= 9 && value >= (i64.MIN_VALUE + digit) / 10;
    value = value * 10 - digit;
  }
  if (!good || (!negative && value == i64.MIN_VALUE)) {
    return hh.fail(out, 2, "not a number: " + hh.text(text, len));
  }
  return hh.succeed(out, (negative ? value : -value).toString());
}

export function apply(f: u32, x: i32): i32 {
  return call_indirect<i32>(f, call_indirect<i32>(f, x));
}

// ---- State

let calls: u32 = 0;

export function count(): u32 {
  return ++calls;
}

let kept: string | null = null;

export function remember(text: usize, len: usize): void {
  kept = hh.text(text, len);
}

export function recall(): u64 {
  return hh.giveOptionalText(kept);
}

// ---- Calls of the host

export function say(text: usize, len: usize): void {
  const line = hh.utf8("[" + hh.text(text, len) + "]");
  host_tell(hh.ptr(line), line.byteLength);
}

export function consult(question: usize, len: usize): u64 {
  const answer = hh.takeText(host_ask(question, len));
  return hh.giveText(answer === null ? "no answer" : "host says: " + answer);
}

// ---- The allocator

/** With malloc itself: the language's own `new` ends the program when memory runs out. */
export function exhaust(block_bytes: usize): u32 {
  let last: usize = 0;
  let blocks: u32 = 0;
  // Each block's first word leads to the one before it.
  for (let it = hh.malloc(max<usize>(block_bytes, 4)); it; it = hh.malloc(max<usize>(block_bytes, 4))) {
    store<usize>(it, last);
    last = it;
    blocks++;
  }
  while (last) {
    const before = load<usize>(last);
    hh.free(last);
    last = before;
  }
  return blocks;
}

export function collect(count: u32): u64 {
  const all: u32[] = [];
  for (let i: u32 = 0; i < count; i++) all.push(i);
  let total: u64 = 0;
  for (let i = 0; i < all.length; i++) total += all[i];
  return total;
}

export function aligned(alignment: usize): u32 {
  const block = hh.aligned_alloc(alignment, 100);
  memory.fill(block, 0xaa, 100);
  const rest = <u32>(block % alignment);
  hh.free(block);
  return rest;
}

/** What nothing refers to any more goes back to the host. */
export function tidy(): void {
  __collect();
}

export function fail(message: usize, len: usize): void {
  throw new Error(hh.text(message, len));
}
