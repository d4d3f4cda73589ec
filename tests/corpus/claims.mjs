// Which memory the allocator inside a module takes: measured by running it.
//
//   node claims.mjs DIR MODULES.json      a list of modules of DIR; prints JSON, a line a module
//
// M is the declared minimum. For each question a fresh instance; `take` is called with sizes from
// 24 bytes to 300 KB until 6 MB are out, and it is looked where the blocks lie.
//
//   declared        blocks below M, above the heap base: room that the linker gave
//   grown_before    the host grew by 64 pages before the first call: blocks in those pages
//   grown_between   the same after the first call, and again after the allocator grew once itself
//   foreign_write   a byte of the host's pages was changed, though no block lies there
import fs from 'node:fs';

const PAGE = 65536, HOST_PAGES = 64, OUT = 6 << 20;
const SIZES = [24, 100, 24, 4000, 40, 300, 70000, 24, 16, 300000, 24, 1000, 9000];

function instantiate(module, log) {
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    if (kind === 'function') imports[from][name] = (...args) => { log.push(name); return 52; };
    if (kind === 'memory') imports[from][name] = new WebAssembly.Memory({ initial: 1 });
  }
  const instance = new WebAssembly.Instance(module, imports);
  const memory = instance.exports.memory ?? imports.env.memory;
  return { exports: instance.exports, memory };
}

// Calls take until enough is out; where the blocks lie.
function takeAll({ exports, memory }, count = Infinity) {
  const blocks = [];
  let out = 0;
  for (let i = 0; out < OUT && i < count; i++) {
    const size = SIZES[i % SIZES.length];
    let at;
    try { at = exports.take(size) >>> 0; } catch { break; }
    if (at === 0) break;
    // Their own: nothing but the blocks may be written by us.
    new Uint8Array(memory.buffer, at, size).fill(0xEE);
    blocks.push([at, at + size]);
    out += size;
  }
  return blocks;
}

function hostGrows({ memory }) {
  const start = memory.grow(HOST_PAGES) * PAGE, end = start + HOST_PAGES * PAGE;
  new Uint8Array(memory.buffer, start, end - start).fill(0x5A);
  return [start, end];
}

const overlaps = (blocks, [start, end]) => blocks.some(([a, b]) => a < end && b > start);
function written({ memory }, [start, end]) {
  return new Uint8Array(memory.buffer, start, end - start).some((byte) => byte !== 0x5A);
}

function measure(bytes) {
  const module = new WebAssembly.Module(bytes);
  const fresh = () => {
    const one = instantiate(module, []);
    one.exports._initialize?.();
    return one;
  };
  const result = {};
  {
    const one = fresh(), end = one.memory.buffer.byteLength;
    const blocks = takeAll(one);
    result.blocks = blocks.length;
    result.declared = blocks.some(([a]) => a < end);
    result.grows = one.memory.buffer.byteLength > end;
  }
  const judge = (one, ranges, blocks) => ranges.some((range) => overlaps(blocks, range) || written(one, range));
  try {
    const one = fresh(), range = hostGrows(one);
    result.grown_before = judge(one, [range], takeAll(one));
  } catch (error) { result.grown_before = null; }
  try {
    const one = fresh();
    takeAll(one, 1);
    const first = hostGrows(one);
    const blocks = takeAll(one, 40);
    const second = hostGrows(one);
    result.grown_between = judge(one, [first, second], [...blocks, ...takeAll(one)]);
  } catch (error) { result.grown_between = null; }
  return result;
}

const [, , directory, list] = process.argv;
for (const name of JSON.parse(fs.readFileSync(list, 'utf8'))) {
  let found;
  try { found = measure(fs.readFileSync(`${directory}/${name}.wasm`)); }
  catch (error) { found = { error: String(error) }; }
  console.log(JSON.stringify({ name, ...found }));
}
