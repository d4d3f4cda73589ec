// Linked beside a plugin: the heap base as a function, since exporting the constant makes a mutable
// global that is set at start.
export function heap_base(): usize {
  return __heap_base;
}
