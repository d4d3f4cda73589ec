// AssemblyScript: whose allocator it has is --runtime's to say.
const words: string[] = ["one", "two", "three"];

export function take(size: usize): usize {
  return heap.alloc(size);
}

export function give(block: usize): void {
  heap.free(block);
}

export function word(n: i32): string {
  return words[n % 3] + "!";
}
