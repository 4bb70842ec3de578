// The way into the library: requests and answers of the WebAssembly module.
//
// `library` is whole in itself, without a name from outside: a worker is made from its text, since a page
// that was opened from a file cannot load a second one.

// The functions of one instance of the module, of its bytes. `progress(done, all)` is called by long work.
async function library(bytes, progress) {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const kinds = { f64: Float64Array, u32: Uint32Array, u8: Uint8Array };
  const source = await WebAssembly.instantiate(bytes, { page: { progress: progress ?? (() => {}) } });
  const { memory, allocate, release, call } = source.instance.exports;

  // A request is: length of its JSON, the JSON, zeros up to a multiple of 8, then the arrays one behind another.
  // An answer is: its length, the length of its JSON, the JSON, zeros, and the arrays that the JSON points to.
  return function ask(request, ...arrays) {
    const json = encoder.encode(JSON.stringify(request));
    const start = Math.ceil((4 + json.length) / 8) * 8;
    const length = arrays.reduce((sum, array) => sum + array.byteLength, start);
    const at = allocate(length);
    const bytes = new Uint8Array(memory.buffer, at, length);
    bytes.fill(0, 0, start);
    new DataView(memory.buffer).setUint32(at, json.length, true);
    bytes.set(json, 4);
    let end = start;
    for (const array of arrays) {
      bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), end);
      end += array.byteLength;
    }
    const answer = call(at, length);
    release(at, length);
    const view = new DataView(memory.buffer);
    const whole = view.getUint32(answer, true);
    const text = decoder.decode(new Uint8Array(memory.buffer, answer + 8, view.getUint32(answer + 4, true)));
    const parsed = JSON.parse(text);
    // Arrays are copied: the memory behind them is the module's, and may move at the next call.
    const result = "error" in parsed ? null : unfold(parsed.ok);
    release(answer, whole);
    if (result === null) throw new Error(parsed.error);
    return result;

    function unfold(value) {
      if (Array.isArray(value)) return value.map(unfold);
      if (value === null || typeof value !== "object") return value;
      if (!("at" in value && value.kind in kinds)) {
        return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unfold(part)]));
      }
      const Kind = kinds[value.kind];
      const size = value.shape.reduce((a, b) => a * b, 1);
      const from = answer + value.at;
      const copy = memory.buffer.slice(from, from + size * Kind.BYTES_PER_ELEMENT);
      return Object.assign(new Kind(copy), { shape: value.shape });
    }
  };
}

// The bytes of a base64 text.
function unbase64(text) {
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function through(stream, bytes) {
  const response = new Response(new Blob([bytes]).stream().pipeThrough(stream));
  return new Uint8Array(await response.arrayBuffer());
}

// The bytes of a gzip file in base64.
async function unpack(text) {
  return through(new DecompressionStream("gzip"), unbase64(text));
}

// What runs in the worker: opens the nets, then answers one request after another.
function workerMain(library) {
  let ready; // the library with its nets; requests that come before it is there wait for it
  onmessage = async ({ data }) => {
    if (data.bytes) {
      ready = library(data.bytes, (done, all) => postMessage({ done, all })).then((ask) => ({
        ask, handles: data.files.map((file) => ask({ do: "open" }, file).net),
      }));
      return;
    }
    try {
      const { ask, handles } = await ready;
      const request = { ...data.request, net: handles[data.request.net] };
      const ok = ask(request, ...data.arrays);
      // What is sent is copied, and copies of arrays have lost their shapes.
      const shapes = Object.entries(ok).filter(([, value]) => value?.shape).map(([name, { shape }]) => [name, shape]);
      postMessage({ id: data.id, ok, shapes });
    } catch (error) {
      postMessage({ id: data.id, error: error.message });
    }
  };
}

// Long work beside the page, one request after another.
class Far {
  constructor(bytes, files) {
    Object.assign(this, { bytes, files, waiting: new Map(), last: 0 });
  }

  start() {
    const text = `"use strict";(${workerMain})(${library});`;
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    this.worker = new Worker(url);
    URL.revokeObjectURL(url);
    this.worker.onmessage = ({ data }) => {
      const [first] = this.waiting.values();
      if (data.id === undefined) return first?.progress?.(data.done, data.all);
      const { resolve, reject } = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      for (const [name, shape] of data.shapes ?? []) data.ok[name].shape = shape;
      if (data.error === undefined) resolve(data.ok);
      else reject(new Error(data.error));
    };
    this.worker.postMessage({ bytes: this.bytes, files: this.files });
  }

  // The answer to a request in which the net is its place among the files.
  ask(request, arrays, progress) {
    if (!this.worker) this.start();
    const id = ++this.last;
    this.worker.postMessage({ id, request, arrays });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject, progress }));
  }

  // Ends what runs and what waits.
  stop() {
    this.worker?.terminate();
    this.worker = undefined;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of waiting) reject(new Error("Stopped"));
  }
}
