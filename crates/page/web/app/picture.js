// Inputs and weights as pictures: pixels of images, bars of tables, lines of series.

// Where the numbers of a shape stand: one tile for `[height, width]`, one for each channel of
// `[channels, height, width]`, else as near to a square as there are numbers.
function tiling(shape, columns) {
  const [w, h] = shape.length >= 2 ? [shape.at(-1), shape.at(-2)] : [shape[0], 1];
  const tiles = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  if (shape.length < 2) {
    const across = columns ?? Math.ceil(Math.sqrt(w));
    return { width: across, height: Math.ceil(w / across), at: (i) => [i % across, Math.floor(i / across)] };
  }
  const across = tiles === 1 ? 1 : Math.min(tiles, Math.max(1, Math.floor((columns ?? Math.ceil(Math.sqrt(tiles)) * (w + 1)) / (w + 1))));
  const gap = tiles === 1 ? 0 : 1;
  return {
    width: across * (w + gap) - gap,
    height: Math.ceil(tiles / across) * (h + gap) - gap,
    at: (i) => {
      const tile = Math.floor(i / (w * h));
      const inside = i % (w * h);
      return [(tile % across) * (w + gap) + (inside % w), Math.floor(tile / across) * (h + gap) + Math.floor(inside / w)];
    },
  };
}

const colored = () => page.samples.shape.length === 3 && page.samples.shape[0] === 3;

// How an input or weights are drawn on this page. `largest` is the weight of full color.
function look(kind, largest) {
  const [low, high] = page.samples.range;
  // A drawing is ink on paper if most of the data is paper, and else black to white as photographs are.
  if (kind === "input") return { ramp: page.samples.drawn ? ramps.shade : ramps.gray, low, high };
  return { ramp: ramps.weights, low: -(largest || 1), high: largest || 1 };
}

// Draws values on a canvas, in the canvas's own pixels for images, which style sheets enlarge.
function paint(canvas, values, kind, largest) {
  const { form, shape } = page.samples;
  const { ramp, low, high } = look(kind, largest);
  if (form !== "image") return chart(canvas, values, kind, low, high);
  const rgb = kind === "input" && colored();
  const places = rgb ? tiling(shape.slice(1)) : tiling(shape);
  if (canvas.width !== places.width || canvas.height !== places.height || !canvas.image) {
    Object.assign(canvas, { width: places.width, height: places.height });
    canvas.context = canvas.getContext("2d");
    canvas.image = canvas.context.createImageData(canvas.width, canvas.height);
    canvas.pixels = new Int32Array(canvas.image.data.buffer);
    canvas.at = Int32Array.from({ length: values.length }, (_, i) => {
      const [x, y] = places.at(i);
      return y * canvas.width + x;
    });
    canvas.places = places;
  }
  const { pixels, at } = canvas;
  if (rgb) {
    const n = pixels.length;
    const part = (i) => Math.max(0, Math.min(255, Math.round((255 * (values[i] - low)) / (high - low))));
    for (let i = 0; i < n; i++) pixels[i] = packed([part(i), part(n + i), part(2 * n + i)]);
  } else {
    const scale = 512 / (high - low);
    const colors = ramp.packed;
    for (let i = 0; i < at.length; i++) {
      const step = (values[i] - low) * scale;
      pixels[at[i]] = colors[step > 0 ? (step < 512 ? (step + 0.5) | 0 : 512) : 0];
    }
  }
  canvas.context.putImageData(canvas.image, 0, 0);
}

// Bars of a table, or the line of a series, on a canvas of 600 × 300.
function chart(canvas, values, kind, low, high) {
  if (canvas.width !== 600) {
    Object.assign(canvas, { width: 600, height: 300 });
    canvas.style.imageRendering = "auto";
  }
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, 600, 300);
  for (const mark of marks(values, kind, low, high)) {
    context.fillStyle = context.strokeStyle = mark.color;
    if (mark.line) {
      context.lineWidth = 4;
      context.beginPath();
      for (const [x, y] of mark.line) context.lineTo(600 * x, 300 * y);
      context.stroke();
    } else context.fillRect(600 * mark.x, 300 * mark.y, Math.max(1, 600 * mark.width), 300 * mark.height);
  }
}

// What a picture is made of, in a square from 0 to 1: rectangles and lines with their colors. Charts on the screen and
// every file that is taken away are made of it.
function marks(values, kind, low, high) {
  const { form, shape, ranges } = page.samples;
  const ramp = look(kind, high).ramp;
  if (form === "image") {
    const rgb = kind === "input" && colored();
    const places = rgb ? tiling(shape.slice(1)) : tiling(shape);
    const n = rgb ? values.length / 3 : values.length;
    return Array.from({ length: n }, (_, i) => {
      const [x, y] = places.at(i);
      const part = (k) => Math.round((255 * (values[k * n + i] - low)) / (high - low));
      const color = rgb ? css([part(0), part(1), part(2)]) : ramp.css[place(values[i], low, high)];
      return { x: x / places.width, y: y / places.height, width: 1 / places.width, height: 1 / places.height, color };
    });
  }
  const ends = (i) => (kind === "input" && ranges ? ranges[i] : [low, high]);
  const level = (i) => {
    const [from, to] = ends(i);
    return 0.95 - (0.9 * (values[i] - from)) / (to - from || 1);
  };
  const zero = kind === "input" ? null : 0.5;
  const axis = { x: 0, y: zero ?? 0.95, width: 1, height: 0.008, color: style("--soft") };
  if (form === "series") {
    // Channels stand one below the other, each in a band of its own.
    const { channels } = page.samples;
    const length = values.length / channels;
    const step = 1 / Math.max(1, length - 1);
    const color = kind === "input" ? style("--ink") : style("--accent");
    return Array.from({ length: channels }, (_, band) => [
      { ...axis, y: (band + axis.y) / channels },
      { line: Array.from({ length }, (_, i) => [i * step, (band + level(band * length + i)) / channels]), color },
    ]).flat();
  }
  const width = 1 / values.length;
  return [axis, ...Array.from(values, (value, i) => {
    const y = level(i);
    const from = zero ?? 0.95;
    const color = kind === "input" ? style("--ink") : style(value < 0 ? "--low" : "--high");
    return { x: (i + 0.15) * width, y: Math.min(y, from), width: 0.7 * width, height: Math.abs(y - from), color };
  })];
}

// The number of the input that is drawn under a pointer over a picture, or null.
function under(canvas, event) {
  const box = canvas.getBoundingClientRect();
  const u = (event.clientX - box.left) / box.width;
  const v = (event.clientY - box.top) / box.height;
  if (!(u >= 0 && u < 1 && v >= 0 && v < 1)) return null;
  if (page.samples.form !== "image") {
    const n = page.x.length;
    if (page.samples.form === "table") return Math.floor(u * n);
    const length = n / page.samples.channels;
    return Math.floor(v * page.samples.channels) * length + Math.round(u * (length - 1));
  }
  const at = Math.floor(v * canvas.height) * canvas.width + Math.floor(u * canvas.width);
  const found = canvas.at.indexOf(at);
  return found < 0 ? null : found;
}

// What a number of the input is called.
function called(index) {
  const { form, shape, features } = page.samples;
  if (features?.[index]) return features[index];
  if (form !== "image") return `number ${index + 1}`;
  const [w, h] = [shape.at(-1), shape.at(-2)];
  const channel = shape.length === 3 && shape[0] > 1 ? `, channel ${Math.floor(index / (w * h)) + 1}` : "";
  return `row ${Math.floor((index % (w * h)) / w) + 1}, column ${(index % w) + 1}${channel}`;
}
