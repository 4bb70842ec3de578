// Samples of the data as thumbnails: those the net takes for another class are framed.

function makeSamples() {
  const place = find("given");
  const { samples } = page;
  const list = make("ul", { id: "samples", className: samples.form === "image" ? "" : "wide", ariaLabel: "Samples" });
  const note = make("p", { className: "quiet" });
  const entries = Array.from({ length: samples.count }, (_, i) => {
    const x = samples.of(i);
    const canvas = make("canvas", { className: "pixels", ariaHidden: "true" });
    const words = make("small");
    const choose = button("", () => {
      begin("This sample");
      drawing.marked = null;
      put(x);
    });
    choose.append(canvas, words);
    list.append(make("li", {}, choose));
    return { x, canvas, words, choose };
  });
  const file = make("input", { type: "file", className: "unseen", tabIndex: -1, ariaLabel: "Open a picture or a .npy file" });
  file.addEventListener("change", () => take([...file.files]));
  place.replaceChildren(
    make("div", { className: "row wide" }, make("h2", {}, "Samples"), button("Open a file …", () => file.click()), file),
    note, list);
  let drawn = null;
  panels.push({
    draw() {
      const key = `${page.net} ${themes.matches}`;
      if (drawn !== key) {
        drawn = key;
        const [first, others] = [[], []];
        entries.forEach(({ x, canvas, words, choose }, i) => {
          paint(canvas, x, "input");
          const label = samples.labels[i];
          const classes = net().classes;
          const found = mapOf(x, net(), []).class;
          const missed = classes && label !== undefined && found !== label;
          choose.className = missed ? "wrong" : "";
          const right = label === undefined ? "" : classes ? className(label) : short(label);
          (missed ? first : others).push(choose.parentElement);
          say(words, missed ? `${right} → ${className(found)}` : right);
          choose.title = missed ? `Sample ${i + 1}, class ${right}, taken for ${className(found)}` : `Sample ${i + 1}`;
        });
        list.append(...first, ...others);
        const wrong = first.length;
        say(note, wrong > 0 ? `Picked for show: ${wrong} of these ${samples.count} are taken for another class (dashed).` : "");
        note.hidden = wrong === 0;
      }
      entries.forEach(({ x, choose }) => {
        const pressed = String(same(x, page.x));
        if (choose.ariaPressed !== pressed) choose.ariaPressed = pressed;
      });
    },
  });
}

const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);
