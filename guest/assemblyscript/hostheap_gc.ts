// AssemblyScript's runtime over the host's malloc, with a garbage collector:
// asc --runtime ./hostheap_gc
//
// An object is one block of the host's, a raw block (`heap.alloc`) is one too:
//
//     | next | state | class | size | the object ...
//     ^ malloc's block, aligned to 16  ^ what a reference points to
//
// The collector marks what globals and the functions in progress lead to, and frees the rest: all at
// once, when as much was allocated as was found alive the last time. The compiler keeps the references
// of functions in progress on a shadow stack (for every runtime that is given as a path), so a
// collection may happen at any allocation, in a call of the host's or between two.
//
// This file is compiled beside the plugin, so that its export is the plugin's.
//
// asc --use HH_GC_MIN=4096     below how many bytes a collection is not worth it (65536 if not said)
// asc --use HH_GC_STRESS=1     for tests: a collection at every allocation, and what goes is overwritten

// ---- The host's heap ----------------------------------------------------------------------------

// @ts-ignore: decorator
@external("env", "malloc") declare function host_malloc(size: usize): usize;
// @ts-ignore: decorator
@external("env", "calloc") declare function host_calloc(count: usize, size: usize): usize;
// @ts-ignore: decorator
@external("env", "realloc") declare function host_realloc(block: usize, size: usize): usize;
// @ts-ignore: decorator
@external("env", "free") declare function host_free(block: usize): void;

// Where the host's heap may begin: the constant itself cannot be exported as one.
export function heap_base(): usize {
  return __heap_base;
}

// @ts-ignore: decorator
@global @unsafe
function __alloc(size: usize): usize {
  let block = host_malloc(size);
  if (!block) {
    // Garbage may be all that is in the way of a limit that the host has set.
    __collect();
    block = host_malloc(size);
    if (!block) throw new Error("out of memory");
  }
  return block;
}

// @ts-ignore: decorator
@global @unsafe
function __realloc(block: usize, size: usize): usize {
  let moved = host_realloc(block, size);
  if (!moved) {
    __collect();
    moved = host_realloc(block, size);
    if (!moved) throw new Error("out of memory");
  }
  return moved;
}

// @ts-ignore: decorator
@global @unsafe
function __free(block: usize): void {
  host_free(block);
}

// ---- Objects ------------------------------------------------------------------------------------

@unmanaged
class Header {
  /** The object made before this one, and in bit 0 whether this one is pinned. */
  next: usize;
  /** The last collection that found it (even), or what is to be looked at next and bit 0. */
  state: usize;
  /** The class's number; the compiler relies on this word's place and on the next one's. */
  id: u32;
  /** Bytes of the object. */
  size: u32;
}

// @ts-ignore: decorator
@inline const HEADER: usize = offsetof<Header>();
// Sizes are signed in the library.
// @ts-ignore: decorator
@inline const LARGEST: usize = 0x7fffffc0;
// @ts-ignore: decorator
@inline const FEW: usize = isDefined(HH_GC_MIN) ? HH_GC_MIN : 65536;
// @ts-ignore: decorator
@inline const STRESS: bool = isDefined(HH_GC_STRESS);

/** The object that was made last. */
// @ts-ignore: decorator
@lazy let newest: usize = 0;
/** Bytes of all objects and their headers. */
// @ts-ignore: decorator
@lazy let total: usize = 0;
/** How many there may be until the next collection. */
// @ts-ignore: decorator
@lazy let limit: usize = FEW;
/** The number of the last collection: even, and never again the same. */
// @ts-ignore: decorator
@lazy let collection: usize = 0;
/** The first of the objects that were found and not yet looked at, chained by their state. */
// @ts-ignore: decorator
@lazy let found: usize = 0;

// @ts-ignore: decorator
@inline function header(object: usize): Header {
  return changetype<Header>(object - HEADER);
}

// @ts-ignore: decorator
@global @unsafe
function __new(size: usize, id: u32): usize {
  if (size > LARGEST) throw new Error("out of memory");
  if (STRESS || total >= limit) __collect();
  // Zeroed: the library relies on it, and so does a collection in the midst of a constructor.
  let block = host_calloc(1, size + HEADER);
  if (!block) {
    __collect();
    block = host_calloc(1, size + HEADER);
    if (!block) throw new Error("out of memory");
  }
  const it = changetype<Header>(block);
  it.next = newest;
  it.id = id;
  it.size = <u32>size;
  newest = block;
  total += size + HEADER;
  return block + HEADER;
}

// @ts-ignore: decorator
@global @unsafe
function __renew(object: usize, size: usize): usize {
  const it = header(object);
  const before = <usize>it.size;
  // Smaller, it stays; larger, it is a new one, as the shadow stack may refer to the old one.
  if (size <= before) {
    it.size = <u32>size;
    return object;
  }
  const larger = __new(size, it.id);
  memory.copy(larger, object, before);
  return larger;
}

// A collection is never interrupted by the program: nobody has to be told of new references.
// @ts-ignore: decorator
@global @unsafe
function __link(parent: usize, child: usize, expectMultiple: bool): void {}

// Held by something that the collector does not see; not counted.
// @ts-ignore: decorator
@global @unsafe
function __pin(object: usize): usize {
  if (object) {
    const it = header(object);
    // One in static data joins the list for good, so that what it leads to is found.
    if (object < __heap_base && !(it.next & 1)) {
      it.next = newest;
      newest = object - HEADER;
    }
    it.next |= 1;
  }
  return object;
}

// @ts-ignore: decorator
@global @unsafe
function __unpin(object: usize): void {
  if (object >= __heap_base) header(object).next &= ~1;
}

// ---- The collector ------------------------------------------------------------------------------

// @ts-ignore: decorator
@global @unsafe
function __visit(object: usize, cookie: u32): void {
  if (!object) return;
  const it = header(object);
  if ((it.state & 1) || it.state == collection) return;
  it.state = found | 1;
  found = object - HEADER;
}

// @ts-ignore: decorator
@global @unsafe
function __collect(): void {
  // A byte of static data: without any the compiler declares no memory at all, and `heap_base`, above
  // the shadow stack, would lie beyond its end.
  memory.data<u8>([1]);
  collection += 2;

  // What is reached without going through an object.
  __visit_globals(0);
  for (let slot = __stack_pointer; slot < __heap_base; slot += sizeof<usize>()) {
    __visit(load<usize>(slot), 0);
  }
  for (let at = newest; at; at = changetype<Header>(at).next & ~1) {
    if (changetype<Header>(at).next & 1) __visit(at + HEADER, 0);
  }

  // What is reached from there.
  while (found) {
    const at = found;
    const it = changetype<Header>(at);
    found = it.state & ~1;
    it.state = collection;
    __visit_members(at + HEADER, 0);
  }

  // All else goes.
  let left: usize = 0;
  let before: usize = 0;
  let at = newest;
  while (at) {
    const it = changetype<Header>(at);
    const next = it.next & ~1;
    if (it.state == collection) {
      left += <usize>it.size + HEADER;
      before = at;
    } else {
      if (before) {
        const last = changetype<Header>(before);
        last.next = next | (last.next & 1);
      } else {
        newest = next;
      }
      if (STRESS) memory.fill(at, 0xdd, <usize>it.size + HEADER);
      host_free(at);
    }
    at = next;
  }
  total = left;
  limit = max(left < 0x80000000 ? left * 2 : <usize>0xffffffff, FEW);
}
