// The beginning: unpacks library and nets, builds the panels, and opens with a flip already explained.

async function start() {
  if (!("DecompressionStream" in window) || !("WebAssembly" in window)) {
    throw new Error("This page needs a browser from 2023 or later (WebAssembly and DecompressionStream)");
  }
  const { files, nets, samples, title } = await readData().catch(() => {
    throw new Error("The nets in this file are damaged: get the file again");
  });
  const bytes = await unpack(find("module").textContent).catch(() => {
    throw new Error("The library in this file is damaged: get the file again");
  });
  page.samples = samples;
  page.bytes = bytes;
  page.files = files;
  page.names = nets.map((one) => one.name);
  await wake();
  page.far = new Far(bytes, files);
  page.plane = new Far(bytes, files);
  makeRamps();
  themes.addEventListener("change", () => { makeRamps(); changed(); });
  addEventListener("resize", changed);
  narrow.addEventListener("change", arrange);
  arrange();
  if (title) find("title").textContent = title;
  page.beside = page.nets.findIndex((other, i) => i > 0 && comparable(other, net()));
  setPins();
  makeInput();
  makePins();
  makeSamples();
  makeNow();
  makeRow();
  makeSwitches();
  makeRay();
  makeSlice();
  makeMargin();
  makePair();
  makeAway();
  makeNets();
  find("bench").hidden = find("hint").hidden = false;
  const restored = await restore(location.hash);
  if (!restored) opening();
  open_view(page.view);
  addEventListener("hashchange", async () => {
    // The page writes its own address; what somebody else writes there is restored.
    if (location.hash !== page.hash && await restore(location.hash)) open_view(page.view);
  });
  render();
  document.documentElement.dataset.ready = "";
}

// Of a net without data, inputs to begin with beside the one there is: a line across an image, or one number changed.
function changedInput(x, i) {
  const { form, shape, range: [low, high] } = page.samples;
  if (form !== "image") return x.map((value, at) => (at === (i - 1) % x.length ? value + ((high - low) / 2) * (i === 1 ? 1 : -1) : value));
  const [w, h] = [shape.at(-1), shape.at(-2)];
  return i === 1 ? inked(x, [w / 2, h * 0.2], [w / 2, h * 0.8], "pen") : inked(x, [w * 0.2, h / 2], [w * 0.8, h / 2], "pen");
}

// On a phone what is drawn on and what comes of it stand one below the other, and pins and samples after them.
const narrow = matchMedia("(max-width: 46rem)");

function arrange() {
  if (narrow.matches) find("now").after(find("more"));
  else find("side").append(find("more"));
}

// The library, and in it the nets: at the beginning, and anew where it has stopped.
async function wake() {
  page.ask = await library(page.bytes).catch(() => {
    throw new Error("The library in this file is damaged, or this browser is too old for it: get the file again, or another browser");
  });
  page.nets = page.files.map((file, i) => {
    const opened = page.ask({ do: "open" }, file);
    return { ...opened, handle: opened.net, name: page.names[i] ?? opened.name };
  });
}

// Pins to begin with: three samples, of three classes that the net has right where there are such.
function setPins() {
  const { samples } = page;
  const chosen = [];
  const pick = (fits) => {
    for (let i = 0; i < samples.count && chosen.length < 3; i++) if (!chosen.includes(i) && fits(i)) chosen.push(i);
  };
  pick((i) => mapOf(samples.of(i)).class === samples.labels[i] && !chosen.some((other) => samples.labels[other] === samples.labels[i]));
  pick(() => true);
  page.x = samples.of(chosen[0]);
  ["A", "B", "C"].forEach((name, i) => {
    page.pins[name] = { x: chosen[i] === undefined ? changedInput(page.x, i) : samples.of(chosen[i]) };
  });
}

// Opens with a change already made: of some strokes on the first sample one that changes the answer, or else the one
// that flips most.
function opening() {
  page.now = mapOf(page.x);
  if (page.samples.form !== "image") {
    const from = page.now;
    page.before = { pattern: from.pattern, class: from.class, words: "This step toward pin B" };
    page.past.push(page.x);
    const step = (tenths) => page.pins.A.x.map((value, i) => value + (tenths / 10) * (page.pins.B.x[i] - value));
    let tenths = 1;
    while (tenths < 9 && mapOf(step(tenths)).class === from.class) tenths += 1;
    page.x = step(tenths);
    return;
  }
  const [w, h] = [page.samples.shape.at(-1), page.samples.shape.at(-2)];
  const points = [[0.3, 0.25], [0.7, 0.25], [0.25, 0.5], [0.75, 0.5], [0.3, 0.75], [0.7, 0.75], [0.5, 0.5]].map(([u, v]) => [u * w, v * h]);
  let best = null;
  for (const from of points) {
    for (const to of points) {
      if (from >= to) continue;
      const x = inked(page.x, from, to, "pen");
      const map = mapOf(x);
      const score = flips(map.pattern, page.now.pattern) + (map.class !== page.now.class ? 1e6 : 0);
      if (!best || score > best.score) best = { score, x, path: [from, to] };
    }
  }
  drawing.canvas.width = w;
  page.before = { pattern: page.now.pattern, class: page.now.class, words: "This stroke" };
  page.past.push(page.x);
  page.x = best.x;
  drawing.marked = best.path;
}

function makeNets() {
  const choose = find("net");
  choose.replaceChildren(...page.nets.map((of, i) => make("option", { value: i }, of.name)));
  find("nets").hidden = page.nets.length < 2;
  choose.addEventListener("change", () => show(Number(choose.value)));
  panels.push({
    draw() {
      choose.value = page.net;
      const of = net();
      const switches = page.now.pattern.length;
      say(find("facts"), `${page.nets.length < 2 ? `${of.name}: ` : ""}${count(of.parameters)} parameters, ${count(switches)} switches`);
    },
  });
}

start().catch((error) => {
  find("lead").hidden = true;
  trouble(error);
});
