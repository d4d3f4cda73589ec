// Runs clang and wasm-ld of LLVM 22, which are WebAssembly themselves, for a list of jobs.
//
//   node yowasp.mjs BUNDLE JOBS.json
//
// A job is {name, files: {NAME: PATH}, commands: [[ARGUMENT...]...], outputs: {NAME: PATH}}; its
// commands share their files. Loading the compiler takes a second, so all jobs are one process.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';

const [, , bundle, list] = process.argv;
const { runClang, runLLVM } = await import(pathToFileURL(bundle));

for (const job of JSON.parse(fs.readFileSync(list, 'utf8'))) {
  let said = '';
  const options = {
    fetchProgress: null,
    stdout: (bytes) => { if (bytes) said += Buffer.from(bytes).toString(); },
    stderr: (bytes) => { if (bytes) said += Buffer.from(bytes).toString(); },
  };
  let files = {};
  for (const [name, path] of Object.entries(job.files)) files[name] = fs.readFileSync(path);
  try {
    for (const command of job.commands) {
      const run = command[0] === 'wasm-ld' ? runLLVM : runClang;
      files = { ...files, ...(await run(command, files, options)) };
    }
    for (const [name, path] of Object.entries(job.outputs)) fs.writeFileSync(path, files[name]);
    if (job.print) process.stdout.write(said);
  } catch (error) {
    process.stderr.write(`${job.name}: ${error}\n${said}\n`);
    process.exitCode = 1;
  }
}
