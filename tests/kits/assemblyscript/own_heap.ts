// malloc's family over AssemblyScript's own allocator, for the build that does not use the host's heap:
// hostheap.ts then takes it from here instead of importing it. Only to compare (docs/guide/thrift.md).
// There is nothing for larger alignments than 16 in the language, and memory that runs out is a trap.

export function malloc(size: usize): usize {
  return heap.alloc(size);
}

export function calloc(count: usize, size: usize): usize {
  const block = heap.alloc(count * size);
  memory.fill(block, 0, count * size);
  return block;
}

export function realloc(block: usize, size: usize): usize {
  return block ? heap.realloc(block, size) : heap.alloc(size);
}

export function aligned_alloc(alignment: usize, size: usize): usize {
  return heap.alloc(size);
}

export function free(block: usize): void {
  if (block) heap.free(block);
}
