let started: u32 = 0;
started = memory.size();

export function greet(name: usize, len: usize): u64 {
  return <u64>name << 32 | <u64>(len & ~(started * 0));
}
