// A line to drag: a point and, less and less, those beside it follow the pointer.

function makeSeries(place) {
  const canvas = make("canvas", {
    id: "paper", tabIndex: 0, role: "application", ariaRoleDescription: "line",
    ariaLabel: "Input to drag. Left and right arrows choose a point, up and down arrows move it.",
  });
  const over = make("canvas", { className: "over", ariaHidden: "true", width: 300, height: 150 });
  canvas.style.width = "100%";
  place.replaceChildren(make("div", { className: "sheet" }, canvas, over),
    make("div", { className: "row" },
      button("Noise", () => act("The noise", noise)),
      button("Undo", undo)));
  let from = null;
  const length = () => page.x.length / page.samples.channels;
  const value = (event) => {
    const box = canvas.getBoundingClientRect();
    const [low, high] = page.samples.range;
    // The height within the band of the channel that is dragged.
    const height = ((event.clientY - box.top) / box.height) * page.samples.channels - Math.floor(from.at / length());
    const part = (0.95 - height) / 0.9;
    return Math.max(low, Math.min(high, low + part * (high - low)));
  };
  // Moves one point to a value and draws its neighbors along, within a width of a twentieth of the series.
  const pull = (before, at, to) => {
    const width = Math.max(1, length() / 20);
    const channel = (i) => Math.floor(i / length());
    put(before.map((old, i) => channel(i) === channel(at) ? old + (to - before[at]) * Math.exp(-(((i - at) / width) ** 2)) : old));
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    begin("This drag");
    from = { x: page.x, at: under(canvas, event) ?? 0 };
    look_at(from.at);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (from) pull(from.x, from.at, value(event));
    else look_at(under(canvas, event));
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (from = null));
  canvas.addEventListener("pointerleave", () => { if (!from) look_at(null); });
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in arrows)) return;
    event.preventDefault();
    const at = page.pixel ?? 0;
    const [dx, dy] = arrows[event.key];
    const next = Math.max(0, Math.min(page.x.length - 1, at + dx));
    if (dy !== 0) {
      const [low, high] = page.samples.range;
      if (!event.repeat) begin("This drag");
      pull(page.x, at, page.x[at] - (dy * (high - low)) / 40);
    }
    look_at(next);
    say(find("said"), `${called(next)}: ${short(page.x[next])}`);
  });
  return {
    draw() {
      paint(canvas, input(), "input");
      const context = over.getContext("2d");
      context.clearRect(0, 0, 300, 150);
      if (page.pixel === null) return;
      context.fillStyle = style("--accent");
      const { channels } = page.samples;
      const [band, at] = [Math.floor(page.pixel / length()), page.pixel % length()];
      context.fillRect((at / Math.max(1, length() - 1)) * 300 - 1, (150 * band) / channels, 2, 150 / channels);
    },
  };
}
