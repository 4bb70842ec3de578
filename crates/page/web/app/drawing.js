// An image to draw on, with a pen and an eraser, by mouse, touch or keys.

// `stroke` is the one being drawn, `marked` the one that is shown until the next, `along` whether keys draw.
const drawing = { canvas: null, over: null, cursor: [0, 0], stroke: null, marked: null, along: false };

function makeDrawing(place) {
  const canvas = make("canvas", {
    id: "paper", className: "pixels", tabIndex: 0, role: "application", ariaRoleDescription: "drawing",
    ariaLabel: "Input to draw on. Arrow keys move, space draws, shift and an arrow draw along.",
  });
  const over = make("canvas", { className: "over", ariaHidden: "true" });
  const sheet = make("div", { className: "sheet" }, canvas, over);
  Object.assign(drawing, { canvas, over });
  const tools = choice("tool", "Tool", { pen: "Pen", eraser: "Eraser" }, page.tool, (tool) => (page.tool = tool));
  const bar = make("div", { className: "row" }, tools,
    button("Blur", () => act("The blur", blur)),
    button("Noise", () => act("The noise", noise)),
    button("Clear", () => act("Clearing", (x) => x.fill(page.samples.range[0]))),
    button("↶", undo, { ariaLabel: "Undo", title: "Undo" }));
  place.replaceChildren(sheet, bar);
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, up);
  canvas.addEventListener("pointerleave", () => { if (!drawing.stroke) look_at(null); });
  canvas.addEventListener("keydown", key);
  canvas.addEventListener("blur", () => look_at(null));
  return { draw: drawPaper };
}

// Changes a copy of the input in one action.
function act(words, change) {
  begin(words);
  const x = page.x.slice();
  change(x);
  put(x);
}

function down(event) {
  if (event.button !== 0) return;
  event.preventDefault();
  drawing.canvas.focus({ preventScroll: true });
  drawing.canvas.setPointerCapture(event.pointerId);
  startStroke(spot(event));
}

function startStroke(at) {
  begin("This stroke");
  drawing.stroke = { at, path: [at] };
  drawing.marked = null;
  look_at(null);
  line(at, at);
}

function move(event) {
  if (!drawing.stroke) return look_at(under(drawing.canvas, event));
  // A fast pointer leaves points out of its events; the line through all of them is drawn.
  const events = event.getCoalescedEvents?.() ?? [];
  for (const one of events.length ? events : [event]) {
    const at = spot(one);
    line(drawing.stroke.at, at);
    drawing.stroke.at = at;
    drawing.stroke.path.push(at);
  }
}

function up() {
  drawing.stroke = null;
}

// Where a pointer is, in pixels of the image.
function spot(event) {
  const box = drawing.canvas.getBoundingClientRect();
  return [
    ((event.clientX - box.left) / box.width) * drawing.canvas.width,
    ((event.clientY - box.top) / box.height) * drawing.canvas.height,
  ];
}

function line(from, to) {
  put(inked(page.x, from, to, page.tool));
}

// An input with a line drawn on it: full within the pen, softer at its rim.
function inked(before, [x0, y0], [x1, y1], tool) {
  const x = before.slice();
  const { shape, range: [low, high] } = page.samples;
  const [w, h] = [shape.at(-1), shape.at(-2)];
  const radius = Math.max(0.7, Math.min(w, h) / 24) * (tool === "pen" ? 1 : 1.6);
  const steps = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) * 4));
  for (let step = 0; step <= steps; step++) {
    const u = x0 + ((x1 - x0) * step) / steps;
    const v = y0 + ((y1 - y0) * step) / steps;
    for (let row = Math.max(0, Math.floor(v - radius - 1)); row < Math.min(h, v + radius + 1); row++) {
      for (let column = Math.max(0, Math.floor(u - radius - 1)); column < Math.min(w, u + radius + 1); column++) {
        const far = Math.hypot(column + 0.5 - u, row + 0.5 - v);
        const strength = Math.max(0, Math.min(1, radius + 0.5 - far));
        for (let i = row * w + column; i < x.length; i += w * h) {
          x[i] = tool === "pen"
            ? Math.max(x[i], low + (high - low) * strength)
            : Math.min(x[i], high - (high - low) * strength);
        }
      }
    }
  }
  return x;
}

// The mean of each pixel and its neighbors, weighted 1 2 1.
function blur(x) {
  const { shape } = page.samples;
  const [w, h] = [shape.at(-1), shape.at(-2)];
  for (const [step, length, stride] of [[1, w, w], [w, h, 1]]) {
    const from = x.slice();
    for (let i = 0; i < x.length; i++) {
      const at = step === 1 ? i % w : Math.floor((i % (w * h)) / w);
      const before = at > 0 ? from[i - step] : from[i];
      const after = at < length - 1 ? from[i + step] : from[i];
      x[i] = (before + 2 * from[i] + after) / 4;
    }
  }
}

// Noise of a twelfth of the range, kept within it.
function noise(x) {
  const [low, high] = page.samples.range;
  for (let i = 0; i < x.length; i++) {
    const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    x[i] = Math.max(low, Math.min(high, x[i] + (normal * (high - low)) / 12));
  }
}

const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function key(event) {
  if ((event.ctrlKey || event.metaKey) && event.key === "z") { event.preventDefault(); return undo(); }
  const [w, h] = [drawing.canvas.width, drawing.canvas.height];
  const [column, row] = drawing.cursor;
  if (event.key in arrows) {
    const [dx, dy] = arrows[event.key];
    drawing.cursor = [Math.max(0, Math.min(w - 1, column + dx)), Math.max(0, Math.min(h - 1, row + dy))];
    const middle = ([a, b]) => [a + 0.5, b + 0.5];
    if (event.shiftKey) {
      if (!event.repeat && !drawing.along) begin("This stroke");
      drawing.along = true;
      line(middle([column, row]), middle(drawing.cursor));
    } else drawing.along = false;
  } else if (event.key === " " || event.key === "Enter") {
    const at = [column + 0.5, row + 0.5];
    startStroke(at);
    up();
  } else return;
  event.preventDefault();
  const index = drawing.cursor[1] * w + drawing.cursor[0];
  look_at(index);
  say(find("said"), `${called(index)}: ${short(page.x[index])}`);
}

// Another number of the input is looked at.
function look_at(index) {
  if (page.pixel === index) return;
  page.pixel = index;
  changed();
}

// The input, the stroke that the page began with, and the pixel that is looked at.
function drawPaper() {
  paint(drawing.canvas, input(), "input");
  const { over, canvas } = drawing;
  const scale = Math.max(1, Math.round((canvas.clientWidth * devicePixelRatio) / canvas.width));
  if (over.width !== canvas.width * scale) Object.assign(over, { width: canvas.width * scale, height: canvas.height * scale });
  const context = over.getContext("2d");
  context.clearRect(0, 0, over.width, over.height);
  context.strokeStyle = context.fillStyle = style("--accent");
  const path = page.preview ? null : (drawing.stroke?.path ?? drawing.marked);
  if (path) {
    context.lineWidth = Math.max(2, scale / 7);
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    for (const [u, v] of path) context.lineTo(u * scale, v * scale);
    context.stroke();
  }
  if (page.pixel !== null) {
    const [column, row] = canvas.places.at(page.pixel % (canvas.width * canvas.height));
    context.lineWidth = Math.max(2, scale / 10);
    context.strokeRect(column * scale, row * scale, scale, scale);
  }
}
