export function heap_base(): usize { return __heap_base }

export function greet(name: usize, len: usize): u64 {
  return <u64>name << 32 | <u64>len;
}
