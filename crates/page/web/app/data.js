// What was packed into the page: nets and samples.

async function readData() {
  const data = JSON.parse(find("data").textContent);
  const files = await Promise.all(data.nets.map((net) => unpack(net.file)));
  const { samples } = data;
  samples.labels ??= []; // a net without data has an input to begin with, and nobody knows its class
  const bytes = await unpack(samples.values);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
  // A series of several channels, one behind another, says how many: `series:6`.
  const [form, channels] = samples.form.split(":");
  Object.assign(samples, { form, channels: Number(channels ?? 1) });
  samples.size = samples.shape.reduce((a, b) => a * b, 1);
  samples.count = Math.floor(values.length / samples.size);
  samples.of = (i) => Float64Array.from(values.subarray(i * samples.size, (i + 1) * samples.size));
  // Whether the inputs are drawings on a ground: more than a third of all numbers are the lowest.
  const ground = values.reduce((sum, value) => sum + (value === samples.range[0]), 0);
  samples.drawn = ground > values.length / 3;
  return { ...data, files, samples };
}
