const tag: string = "static data";

function greet(name: usize, len: usize): u64 {
  return (len > 0 ? <u64>name : <u64>changetype<usize>(tag)) << 32 | <u64>len;
}
