// Arrays as .npy files, and files that the browser saves.

// The bytes of a .npy file, little-endian, in the order of the array.
function toNpy(array, shape = array.shape ?? [array.length]) {
  const kind = array instanceof Float64Array ? "<f8" : array instanceof Uint32Array ? "<u4" : "|u1";
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${sides}), }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + "\n";
  const bytes = new Uint8Array(10 + header.length + array.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), 10 + header.length);
  return bytes;
}

// The numbers of a .npy file.
function fromNpy(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 10 || view.getUint32(0) !== 0x934e554d) throw new Error("expected a .npy file, found other bytes");
  const long = view.getUint8(6) > 1;
  const start = long ? 12 : 10;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder().decode(new Uint8Array(buffer, start, Math.min(length, buffer.byteLength - start)));
  const [, kind] = /'descr':\s*'([^']*)'/.exec(header) ?? [];
  const read = {
    "<f8": ["getFloat64", 8], "<f4": ["getFloat32", 4], "|u1": ["getUint8", 1], "|i1": ["getInt8", 1],
    "<i4": ["getInt32", 4], "<u4": ["getUint32", 4], "<i2": ["getInt16", 2], "<u2": ["getUint16", 2],
  }[kind];
  if (!read) throw new Error(`expected numbers of a type such as <f8, <f4 or |u1, found ${kind}`);
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? "").split(",").filter((side) => side.trim()).map(Number);
  if (/'fortran_order':\s*True/.test(header) && shape.length > 1) throw new Error("expected an array in C order, found one in Fortran order");
  const size = shape.reduce((a, b) => a * b, 1);
  const [get, width] = read;
  if (start + length + size * width > buffer.byteLength) throw new Error(`expected ${size} numbers, found the end of the file`);
  const values = Float64Array.from({ length: size }, (_, i) => view[get](start + length + i * width, true));
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new Error(`number ${wrong}: expected a finite number, found ${values[wrong]}`);
  return { values, shape };
}

function save(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// An SVG picture as the bytes of a PNG, twice as large.
async function toPng(svg) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = make("canvas", { width: 2 * image.width, height: 2 * image.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
