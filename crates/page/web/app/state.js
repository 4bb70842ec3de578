// What the page shows, in one place, and how it changes: somebody changes `page` and calls `changed()`; in the next
// frame the library is asked for the map of the input, and every panel in sight draws what it finds here.

const page = {
  ask: null, // the library, on this thread
  far: null, // the library, in a worker, for what takes longer
  plane: null, // and in another for slices, which may take seconds: nothing waits behind them
  nets: [], // what the library says of each net, with its handle
  samples: null,
  net: 0, // the net shown, and the one beside it
  beside: 1,
  x: null, // the input
  preview: null, // an input to look at as long as the pointer stays where it is
  pins: {}, // A, B and C, each { x }; A is what flips are counted against
  frozen: [], // switches held open or closed: { layer, unit, open }
  output: null, // the output whose row is shown large; null: that of the class chosen
  pixel: null, // the number of the input under the pointer
  tool: "pen",
  view: "row",
  before: null, // how things stood when the last action began: { pattern, class, words }
  past: [], // inputs to go back to
  now: null, // the answer of the library for the input
  reference: null, // and for pin A
};

const net = () => page.nets[page.net];
const input = () => page.preview ?? page.x;
const frozen = () => page.frozen.map(({ layer, unit, open }) => ({ layer, unit, open }));
const className = (k, of = net()) => of.output_names[k];
const output = () => page.output ?? page.now.class ?? 0;

// The map that an input selects.
function mapOf(x, of = net(), held = frozen()) {
  const map = page.ask({ do: "now", net: of.handle, frozen: held }, x);
  if (!of.classes) map.class = null;
  return map;
}

// An action begins, such as a stroke: from here on flips are counted for the sentence on top.
function begin(words) {
  page.before = { pattern: page.now.pattern, class: page.now.class, words };
  page.past.push(page.x);
  if (page.past.length > 50) page.past.shift();
}

// Another input. Inputs are never changed in place, so that pins and the past stay what they were.
function put(x) {
  page.x = x;
  page.preview = null;
  trouble(null);
  changed();
}

function undo() {
  if (page.past.length === 0) return;
  const x = page.past.pop();
  page.before = { pattern: page.now.pattern, class: page.now.class, words: "Going back" };
  put(x);
}

function pin(name, x = page.x) {
  page.pins[name] = { x };
  if (name === "A") page.reference = null;
  changed();
}

function show(index) {
  page.net = index;
  page.frozen = [];
  page.reference = null;
  page.before = null;
  if (page.beside === index) page.beside = page.nets.findIndex((other, i) => i !== index && comparable(other, net()));
  changed();
}

const comparable = (a, b) => a.inputs === b.inputs && a.outputs === b.outputs;

// How many places of two patterns differ.
function flips(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] !== b[i];
  return sum;
}

const panels = [];
let waiting = 0;

function changed() {
  if (waiting === 0) waiting = requestAnimationFrame(render);
}

// The library has stopped, and its memory is of no use any more: it is started anew with the input before.
async function revive() {
  await wake();
  page.reference = null;
  put(page.past.pop() ?? page.pins.A.x);
  trouble(new Error("The library stopped at this input and was started anew; this is the input before"));
}

function render() {
  waiting = 0;
  try {
    page.now = mapOf(input());
    page.reference ??= mapOf(page.pins.A.x);
    for (const panel of panels) if (!panel.view || panel.view === page.view) panel.draw();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return revive();
    trouble(error);
  }
  remember();
}
