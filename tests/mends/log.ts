declare function log_line(line: usize, len: usize): void;

export function greet(name: usize, len: usize): u64 {
  log_line(name, len);
  return <u64>name << 32 | <u64>len;
}
