// Runs AssemblyScript's compiler for a list of jobs in one process: it takes seconds to warm up.
//
//   node asc.mjs ASC JOBS.json        ASC is assemblyscript/dist/asc.js; a job is a list of arguments
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';

const [, , path, list] = process.argv;
const asc = await import(pathToFileURL(path));
for (const job of JSON.parse(fs.readFileSync(list, 'utf8'))) {
  const { error, stderr } = await asc.main(job, {});
  if (error) {
    process.stderr.write(`${job.join(' ')}\n${error}\n${stderr}\n`);
    process.exitCode = 1;
  }
}
