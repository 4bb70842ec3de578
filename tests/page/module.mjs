// Puts the requests of a folder (0.request, 1.request, …) to its module.wasm, and writes the answers beside them.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
let told = 0;
const progress = () => { told += 1; };
const module = await WebAssembly.instantiate(readFileSync(join(folder, "module.wasm")), { page: { progress } });
const { memory, allocate, release, call } = module.instance.exports;
let i = 0;
for (; existsSync(join(folder, `${i}.request`)); i++) {
  const request = readFileSync(join(folder, `${i}.request`));
  const at = allocate(request.length);
  new Uint8Array(memory.buffer, at, request.length).set(request);
  const answer = call(at, request.length);
  release(at, request.length);
  const length = new DataView(memory.buffer).getUint32(answer, true);
  writeFileSync(join(folder, `${i}.answer`), new Uint8Array(memory.buffer, answer, length));
  release(answer, length);
}
if (i === 0 || told === 0) throw new Error(`${i} requests, ${told} calls of progress`);
