// The state in the part of the address behind #: what is shown is restored by a link.

// An input as a sample's number, or as its own 64-bit numbers.
function wordOf(x) {
  for (let i = 0; i < page.samples.count; i++) if (same(page.samples.of(i), x)) return { sample: i };
  let binary = "";
  for (const byte of new Uint8Array(x.buffer, x.byteOffset, x.byteLength)) binary += String.fromCharCode(byte);
  return { values: btoa(binary) };
}

function inputOf(word) {
  if (Number.isInteger(word.sample) && word.sample >= 0 && word.sample < page.samples.count) return page.samples.of(word.sample);
  const x = new Float64Array(unbase64(word.values).buffer);
  if (x.length !== page.samples.size || x.some((value) => !Number.isFinite(value))) throw new Error();
  return x;
}

async function fragment() {
  const { net, view, output, frozen, pins, x } = page;
  const state = {
    net, view, output, frozen, x: wordOf(x), window: slice.window, color: slice.color,
    pins: Object.fromEntries(Object.entries(pins).map(([name, { x }]) => [name, wordOf(x)])),
  };
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify(state)));
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Restores what a fragment says; false if there is none.
async function restore(text) {
  if (text.length < 2) return false;
  // A page of several nets opens with one of them by its place: #net=2.
  const [, only] = /^#net=(\d+)$/.exec(text) ?? [];
  if (only !== undefined && Number(only) < page.nets.length) {
    page.net = Number(only);
    page.beside = page.nets.findIndex((other, i) => i !== page.net && comparable(other, net()));
    return false;
  }
  try {
    const bytes = unbase64(text.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
    const state = JSON.parse(new TextDecoder().decode(await through(new DecompressionStream("deflate-raw"), bytes)));
    const read = {
      net: Math.max(0, Math.min(page.nets.length - 1, state.net | 0)),
      x: inputOf(state.x),
      pins: Object.fromEntries(["A", "B", "C"].map((name) => [name, { x: inputOf(state.pins[name]) }])),
      view: views.some((view) => view.name === state.view) ? state.view : "row",
    };
    const of = page.nets[read.net];
    read.output = Number.isInteger(state.output) && state.output >= 0 && state.output < of.outputs ? state.output : null;
    read.frozen = state.frozen.filter(({ layer, unit }) => of.layers.some((one) => one.index === layer && unit >= 0 && unit < one.switches))
      .map(({ layer, unit, open }) => ({ layer, unit, open: open === true }));
    const window = state.window.map(Number);
    if (window.length === 4 && window[0] < window[1] && window[2] < window[3]) slice.window = window;
    if (["class", "norm", "pattern"].includes(state.color)) {
      slice.color = state.color;
      document.querySelector(`[name="slice-color"][value="${state.color}"]`).checked = true;
    }
    Object.assign(page, read, { reference: null, before: null, preview: null });
    return true;
  } catch {
    trouble(new Error("The link's part behind # is not one of this page: it is as it opens"));
    return false;
  }
}

// Keeps the address up to date, when the page rests.
let resting = 0;
function remember() {
  clearTimeout(resting);
  resting = setTimeout(async () => {
    const hash = `#${await fragment()}`;
    page.hash = hash;
    try { history.replaceState(null, "", hash); } catch { /* where addresses may not change, the link is under "Take away" */ }
  }, 400);
}
