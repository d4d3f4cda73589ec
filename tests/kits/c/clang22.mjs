// Runs clang and wasm-ld of @yowasp/clang, LLVM 22 as WebAssembly, as if they were programs:
//
//   node clang22.mjs OUT FILE... -- clang ARGUMENT... -- wasm-ld ARGUMENT... [-- ...]
//
// The commands find each FILE by its name alone; what they leave as plugin.wasm becomes OUT. The
// compiler is looked for in $HOSTHEAP_NODE_MODULES, or in node_modules.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [out, ...words] = process.argv.slice(2);
const groups = [[]];
for (const word of words) {
  if (word === '--') groups.push([]);
  else groups.at(-1).push(word);
}
const [sources, ...commands] = groups;

const modules = process.env.HOSTHEAP_NODE_MODULES ?? 'node_modules';
const bundle = path.resolve(modules, '@yowasp/clang/gen/bundle.js');
const { runClang, runLLVM } = await import(pathToFileURL(bundle));

let files = {};
for (const source of sources) files[path.basename(source)] = fs.readFileSync(source);
let said = '';
const listen = (bytes) => { if (bytes) said += Buffer.from(bytes).toString(); };
const options = { fetchProgress: null, stdout: listen, stderr: listen };
try {
  for (const command of commands) {
    const run = command[0] === 'wasm-ld' ? runLLVM : runClang;
    files = { ...files, ...(await run(command, files, options)) };
  }
  process.stderr.write(said);
  fs.writeFileSync(out, files['plugin.wasm']);
} catch (error) {
  process.stderr.write(`${said}${error}\n`);
  process.exitCode = 1;
}
