export function greet(name: usize, len: usize): u64 {
  assert(len < 1000, "too long");
  return <u64>name << 32 | <u64>len;
}
