export function greet(name: usize, len: usize): u64 {
  const out = heap.alloc(len);
  memory.copy(out, name, len);
  return <u64>out << 32 | <u64>len;
}
