// Pinned inputs: A is what flips are counted against; rays go from A to B, slices through A, B and C.

function makePins() {
  const rows = ["A", "B", "C"].map((name) => {
    const canvas = make("canvas", { className: "pixels", ariaHidden: "true" });
    const go = button("", () => { begin("Going to the pin"); drawing.marked = null; put(page.pins[name].x); },
      { ariaLabel: `Show pin ${name}`, title: `Show pin ${name}`, className: "picture" });
    go.append(canvas);
    const set = button(`Pin as ${name}`, () => pin(name), { title: `Keep the input as pin ${name}` });
    return { name, canvas, element: make("div", {}, go, set) };
  });
  find("pins").replaceChildren(make("h2", {}, "Pinned inputs"), make("div", { className: "pins" }, ...rows.map((row) => row.element)));
  panels.push({
    draw() {
      for (const { name, canvas } of rows) {
        const key = `${themes.matches}`;
        if (canvas.shown === page.pins[name].x && canvas.theme === key) continue;
        Object.assign(canvas, { shown: page.pins[name].x, theme: key });
        paint(canvas, page.pins[name].x, "input");
      }
    },
  });
}
