// Which memory the allocator inside a module takes: measured by running it.
//
//   node claims.mjs DIR MODULES.json      pairs of a module of DIR and its heap base; prints JSON lines
//
// M is the declared minimum, which is where a host's heap starts if it knows no better. For each
// question a fresh instance; `take` is called with sizes from 16 bytes to 300 KB, every third block
// is given back, and it goes on until 12 MB more than M are out.
//
//   declared        it uses room between the heap base and M
//   grown_before    the host grew by 64 pages before the allocator's first call (and before
//                   _initialize): it uses those pages
//   grown_between   the host grew after the first call, and again after every tenth: it uses those
//
// "Uses" is: a block lies there, or a byte there was changed. null: the memory cannot grow.
import fs from 'node:fs';

const PAGE = 65536, BEYOND = 12 << 20;
const SIZES = [24, 100, 24, 4000, 40, 300, 70000, 24, 16, 300000, 24, 1000, 9000];

// What Emscripten's JavaScript does for its modules.
const emscripten = {
  emscripten_resize_heap(memory, bytes) {
    memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / PAGE));
    return 1;
  },
  emscripten_memcpy_big(memory, to, from, count) {
    new Uint8Array(memory.buffer).copyWithin(to, from, from + count);
  },
};

function instantiate(module) {
  const imports = {}, calls = new Set(), one = { calls };
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    if (kind === 'function') imports[from][name] = () => { calls.add(name); return 52; };
    if (name in emscripten) imports[from][name] = (...args) => emscripten[name](one.memory, ...args);
    if (kind === 'memory') imports[from][name] = new WebAssembly.Memory({ initial: 256, maximum: 32768 });
  }
  const instance = new WebAssembly.Instance(module, imports);
  one.exports = instance.exports;
  one.memory = instance.exports.memory ?? imports.env.memory;
  one.construct = one.exports._initialize ?? one.exports.__wasm_call_ctors ?? (() => {});
  return one;
}

// Calls take until enough is out; where the blocks lie. `between` is called after every tenth.
function takeAll({ exports, memory }, between = () => {}) {
  const blocks = [];
  const enough = memory.buffer.byteLength + BEYOND;
  for (let i = 0, out = 0; out < enough; i++) {
    const size = SIZES[i % SIZES.length];
    let at;
    try { at = exports.take(size) >>> 0; } catch { break; }
    if (at === 0) break;
    new Uint8Array(memory.buffer, at, size).fill(0xEE);
    blocks.push([at, at + size]);
    if (i % 3 === 2) exports.give(at, size);
    else out += size;
    if (i % 10 === 0) between();
  }
  return blocks;
}

// The pages, filled with something to know them by; nothing if the memory cannot grow.
function hostGrows({ memory }, pages) {
  const start = memory.grow(pages) * PAGE, end = start + pages * PAGE;
  new Uint8Array(memory.buffer, start, end - start).fill(0x5A);
  return [start, end];
}

function used({ memory }, blocks, ranges) {
  return ranges.some(([start, end]) => blocks.some(([a, b]) => a < end && b > start)
    || new Uint8Array(memory.buffer, start, end - start).some((byte) => byte !== 0x5A));
}

function measure(bytes, heapBase) {
  const module = new WebAssembly.Module(bytes);
  const one = instantiate(module);
  const minimum = one.memory.buffer.byteLength;
  one.construct();
  const blocks = takeAll(one);
  if (one.calls.has('malloc')) return { error: 'take goes to the host' };
  const result = {
    declared: blocks.some(([start]) => start >= heapBase && start < minimum),
    grows: one.memory.buffer.byteLength > minimum,
    grown_before: null,
    grown_between: null,
  };
  const before = instantiate(module);
  let range;
  try { range = hostGrows(before, 64); } catch { return result; }
  before.construct();
  result.grown_before = used(before, takeAll(before), [range]);

  const between = instantiate(module);
  between.construct();
  const ranges = [];
  const all = takeAll(between, () => { if (ranges.length < 60) ranges.push(hostGrows(between, 1 + ranges.length % 3)); });
  result.grown_between = used(between, all, ranges);
  return result;
}

const [, , directory, list] = process.argv;
for (const [name, heapBase] of JSON.parse(fs.readFileSync(list, 'utf8'))) {
  let found;
  try { found = measure(fs.readFileSync(`${directory}/${name}.wasm`), heapBase); }
  catch (error) { found = { error: String(error) }; }
  console.log(JSON.stringify({ name, ...found }));
}
