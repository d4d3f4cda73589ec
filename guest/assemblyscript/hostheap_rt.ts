// The host's malloc as AssemblyScript's runtime: asc --runtime ./hostheap_rt
//
// A block has a word with its size before the pointer, and an object a header of 16 bytes after it,
// as the language has them: so a block is asked for with 16 bytes more, and its pointer is 16 on.
// Nothing is collected: free what `heap.alloc` gave, or let the plugin's memory go with it.
// hostheap_gc.ts beside this file has a garbage collector.

// More would wrap with what is added to it.
// @ts-ignore: decorator
@inline const LARGEST: usize = 0xffffffc0;

// @ts-ignore: decorator
@external("env", "malloc") declare function host_malloc(size: usize): usize;
// @ts-ignore: decorator
@external("env", "realloc") declare function host_realloc(block: usize, size: usize): usize;
// @ts-ignore: decorator
@external("env", "free") declare function host_free(block: usize): void;

// @ts-ignore: decorator
@global @unsafe
function __alloc(size: usize): usize {
  if (size > LARGEST) unreachable();
  let block = host_malloc(size + 16);
  if (!block) unreachable();
  store<usize>(block + 12, size);
  return block + 16;
}

// @ts-ignore: decorator
@global @unsafe
function __realloc(block: usize, size: usize): usize {
  if (size > LARGEST) unreachable();
  block = host_realloc(block - 16, size + 16);
  if (!block) unreachable();
  store<usize>(block + 12, size);
  return block + 16;
}

// @ts-ignore: decorator
@global @unsafe
function __free(block: usize): void {
  host_free(block - 16);
}

// @ts-ignore: decorator
@global @unsafe
function __new(size: usize, id: u32): usize {
  if (size > LARGEST) unreachable();
  let object = __alloc(size + 16);
  store<u32>(object + 8, id);
  store<u32>(object + 12, <u32>size);
  // The library relies on zeros with every runtime that is given as a path.
  memory.fill(object + 16, 0, size);
  return object + 16;
}

// @ts-ignore: decorator
@global @unsafe
function __renew(object: usize, size: usize): usize {
  if (size > LARGEST) unreachable();
  let before = <usize>load<u32>(object - 4);
  if (size > before && object < __heap_base) {
    // Static data is no block of the host's.
    let copy = __new(size, load<u32>(object - 8));
    memory.copy(copy, object, before);
    return copy;
  }
  if (object < __heap_base) return object;
  object = __realloc(object - 16, size + 16) + 16;
  if (size > before) memory.fill(object + before, 0, size - before);
  store<u32>(object - 4, <u32>size);
  return object;
}

// @ts-ignore: decorator
@global @unsafe
function __link(parent: usize, child: usize, expectMultiple: bool): void {}

// @ts-ignore: decorator
@global @unsafe
function __pin(object: usize): usize { return object; }

// @ts-ignore: decorator
@global @unsafe
function __unpin(object: usize): void {}

// @ts-ignore: decorator
@global @unsafe
function __collect(): void {}
