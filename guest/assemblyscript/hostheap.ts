// What a plugin written in AssemblyScript needs beside a runtime (hostheap_gc or hostheap_rt):
//
//     import * as hh from "./hostheap";
//
//     export function greet(name: usize, len: usize): u64 {
//       return hh.giveText("Hello, " + hh.text(name, len) + "!");
//     }
//
// The host knows nothing of the language's objects: text and arrays go in as pointer and length,
// which are lent for the call, and come out as a block of malloc's, which is the host's from then on.
// So everything here copies; no reference to an object of the collector's ever leaves the plugin.

// ---- The host's malloc --------------------------------------------------------------------------
// For blocks of one's own: the collector does not know them. 0 is what C calls NULL.

// @ts-ignore: decorator
@external("env", "malloc") export declare function malloc(size: usize): usize;
// @ts-ignore: decorator
@external("env", "calloc") export declare function calloc(count: usize, size: usize): usize;
// @ts-ignore: decorator
@external("env", "realloc") export declare function realloc(block: usize, size: usize): usize;
// @ts-ignore: decorator
@external("env", "aligned_alloc")
export declare function aligned_alloc(alignment: usize, size: usize): usize;
// @ts-ignore: decorator
@external("env", "free") export declare function free(block: usize): void;

function block(size: usize): usize {
  let it = malloc(max<usize>(size, 1));
  if (!it) {
    __collect();
    it = malloc(max<usize>(size, 1));
    if (!it) throw new Error("out of memory");
  }
  return it;
}

// ---- What the host lends ------------------------------------------------------------------------

/** Text that the host lends: a string of the plugin's own. `ptr` 0, where that may be, is empty too. */
export function text(ptr: usize, len: usize): string {
  return String.UTF8.decodeUnsafe(ptr, len);
}

/** An array that the host lends, copied. `load<T>(ptr + i * sizeof<T>())` reads it in place. */
export function array<T>(ptr: usize, count: usize): StaticArray<T> {
  const all = new StaticArray<T>(<i32>count);
  memory.copy(changetype<usize>(all), ptr, count * sizeof<T>());
  return all;
}

/** Bytes that the host lends, copied. */
export function bytes(ptr: usize, len: usize): Uint8Array {
  const all = new Uint8Array(<i32>len);
  memory.copy(all.dataStart, ptr, len);
  return all;
}

/** `hh_bytes`: what lists of texts are made of, and what `out` of a result points to. */
@unmanaged
export class Bytes {
  ptr: usize;
  len: usize;
}

/** A list of texts that the host lends. `bytesAt` reads it without copies. */
export function texts(all: usize, count: usize): string[] {
  const list = new Array<string>(<i32>count);
  for (let i: usize = 0; i < count; i++) {
    const one = bytesAt(all, i);
    list[<i32>i] = text(one.ptr, one.len);
  }
  return list;
}

// @ts-ignore: decorator
@inline
export function bytesAt(all: usize, index: usize): Bytes {
  return changetype<Bytes>(all + index * offsetof<Bytes>());
}

// ---- What the plugin gives away -----------------------------------------------------------------

/** A packed result: the pointer in the high half, the length (an array's in elements) in the low one. */
// @ts-ignore: decorator
@inline
export function pack(ptr: usize, len: usize): u64 {
  return (<u64>ptr << 32) | <u64>len;
}

/** The result "nothing", where that is one. */
// @ts-ignore: decorator
@inline export const NONE: u64 = 0;

/** A string as a result: UTF-8 in a new block. Half a surrogate pair becomes U+FFFD. */
export function giveText(text: string): u64 {
  const len = <usize>String.UTF8.byteLength(text);
  const ptr = block(len);
  encode(text, text.length, ptr);
  return pack(ptr, len);
}

/** A string as a result that may be nothing. */
export function giveOptionalText(text: string | null): u64 {
  return text === null ? NONE : giveText(text);
}

/** A typed array or an array of numbers as a result. */
export function giveArray<A extends ArrayLike<number>>(all: A): u64 {
  // The array's elements, in a block of their own.
  const count = <usize>all.length;
  if (isDefined(all.dataStart)) {
    return copied(all.dataStart, count, sizeof<valueof<A>>());
  }
  return copied(changetype<usize>(all), count, sizeof<valueof<A>>());
}

function copied(from: usize, count: usize, size: usize): u64 {
  const ptr = block(count * size);
  memory.copy(ptr, from, count * size);
  return pack(ptr, count);
}

/** `return hh.succeed(out, "text")` of an `i32 f(out, …)`. */
export function succeed(out: usize, value: string): i32 {
  return leave(out, giveText(value), 0);
}

/** `return hh.fail(out, 2, "why")` of an `i32 f(out, …)` whose result is text or an array. */
export function fail(out: usize, code: i32, message: string): i32 {
  return leave(out, giveText(message), code);
}

/** Leaves any packed result in `out`. */
export function leave(out: usize, packed: u64, code: i32): i32 {
  const to = changetype<Bytes>(out);
  to.ptr = <usize>(packed >> 32);
  to.len = <usize>(packed & 0xffffffff);
  return code;
}

// ---- Calls of the host --------------------------------------------------------------------------

/**
 * Text to lend to a host function, as UTF-8:
 *
 *     const line = hh.utf8("hello");
 *     host_log(hh.ptr(line), line.byteLength);
 */
export function utf8(text: string): ArrayBuffer {
  const buffer = new ArrayBuffer(String.UTF8.byteLength(text));
  encode(text, text.length, changetype<usize>(buffer));
  return buffer;
}

/** Where a buffer's bytes are. Hold the buffer in a variable while the host looks at them. */
// @ts-ignore: decorator
@inline
export function ptr(buffer: ArrayBuffer): usize {
  return changetype<usize>(buffer);
}

/** A packed text that a host function returned: its block is the plugin's, and freed here. */
export function takeText(packed: u64): string | null {
  const ptr = <usize>(packed >> 32);
  if (!ptr) return null;
  const taken = text(ptr, <usize>(packed & 0xffffffff));
  free(ptr);
  return taken;
}

// ---- Text without strings -----------------------------------------------------------------------

/**
 * UTF-8 put together in a block of malloc's, to return as it is: text that only passes through need
 * not become a string of twice its size.
 *
 *     return new hh.Utf8(len + 8).add("Hello, ").addBytes(name, len).add("!").give();
 */
export class Utf8 {
  private block: usize;
  private len: usize = 0;
  private capacity: usize;

  constructor(capacity: usize = 64) {
    this.capacity = max<usize>(capacity, 1);
    this.block = block(this.capacity);
  }

  /** Adds a string. */
  add(text: string): this {
    const len = <usize>String.UTF8.byteLength(text);
    encode(text, text.length, this.room(len));
    return this;
  }

  /** Adds bytes, of what the host lends for instance. */
  addBytes(ptr: usize, len: usize): this {
    memory.copy(this.room(len), ptr, len);
    return this;
  }

  /** Adds one byte. */
  addByte(byte: u8): this {
    store<u8>(this.room(1), byte);
    return this;
  }

  private room(len: usize): usize {
    const end = this.len + len;
    if (end > this.capacity) {
      let capacity = max<usize>(end, this.capacity * 2);
      let grown = realloc(this.block, capacity);
      if (!grown) {
        __collect();
        capacity = end;
        grown = realloc(this.block, capacity);
        if (!grown) throw new Error("out of memory");
      }
      this.block = grown;
      this.capacity = capacity;
    }
    const at = this.block + this.len;
    this.len = end;
    return at;
  }

  /** The block as a packed result, once: it is the host's then. One that is never given is leaked. */
  give(): u64 {
    const packed = pack(this.block, this.len);
    this.block = 0;
    this.len = this.capacity = 0;
    return packed;
  }

  /** The block in `out`, with a code: 0 for a value, any other for a message. */
  leave(out: usize, code: i32): i32 {
    return leave(out, this.give(), code);
  }
}

// ---- The end ------------------------------------------------------------------------------------

// @ts-ignore: decorator
@lazy const ABORT_TEXT: usize = memory.data(1024);

/**
 * What `abort` was called with, as text that needs no memory, for a function of the plugin's that
 * tells it to the host (asc --use abort=plugin/aborted):
 *
 *     function aborted(message: string | null, file: string | null, line: u32, column: u32): void {
 *       const why = hh.aborted(message, file, line, column);
 *       host_log(why.ptr, why.len);
 *       unreachable();
 *     }
 */
export function aborted(message: string | null, file: string | null, line: u32, column: u32): Bytes {
  // 8 bytes for the answer, the text behind it.
  const answer = changetype<Bytes>(ABORT_TEXT);
  let at = ABORT_TEXT + 8;
  at = append(at, "panicked: ", 10);
  at = append(at, message === null ? "abort" : message, 200);
  if (file !== null) {
    at = append(at, " at ", 4);
    at = append(at, file, 100);
    at = decimal(append(at, ":", 1), line);
    at = decimal(append(at, ":", 1), column);
  }
  answer.ptr = ABORT_TEXT + 8;
  answer.len = at - answer.ptr;
  return answer;
}

function append(at: usize, text: string, most: i32): usize {
  return at + encode(text, min(text.length, most), at);
}

function decimal(at: usize, number: u32): usize {
  if (number >= 10) at = decimal(at, number / 10);
  store<u8>(at, <u8>(48 + number % 10));
  return at + 1;
}

function encode(text: string, len: i32, to: usize): usize {
  const units = changetype<usize>(text);
  return String.UTF8.encodeUnsafe(units, len, to, false, String.UTF8.ErrorMode.REPLACE);
}
