// What the net is at the input: the class, the outputs as bars, the rows of the effective map as pictures.

function makeNow() {
  const answer = make("h2", { id: "now-title" });
  const held = make("span", { className: "badge", hidden: true });
  const list = make("ul", { id: "outputs", ariaLabel: "Outputs: each is one weighted sum of the input" });
  const note = make("p", { className: "quiet number" });
  const scale = make("span", { className: "quiet scale" }, "weights: ", make("span", { className: "number" }), make("i"), make("span", { className: "number" }));
  const [, least, , most] = scale.childNodes;
  find("now").replaceChildren(make("div", { className: "row wide" }, make("span", { className: "row" }, answer, held), scale), list, note);
  let entries = [];

  function build() {
    const of = net();
    list.className = [page.samples.form === "image" ? "" : "wide", of.outputs === 10 ? "ten" : ""].join(" ").trim();
    entries = Array.from({ length: Math.min(of.outputs, 40) }, (_, k) => {
      const canvas = make("canvas", { className: "pixels", ariaHidden: "true" });
      const name = make("span", {}, className(k));
      const y = make("span", { className: "number" });
      const fill = make("i");
      const [first, second] = [make("small"), make("small")];
      const sure = make("span", { className: "unseen" });
      const element = button("", () => { page.output = k; open_view("row"); }, { className: "output" });
      element.append(canvas, make("strong", {}, name, y), make("span", { className: "bar", hidden: of.outputs === 1 }, fill), sure, first, second);
      canvas.addEventListener("pointermove", (event) => look_at(under(canvas, event)));
      canvas.addEventListener("pointerleave", () => look_at(null));
      list.append(element);
      return { canvas, y, fill, sure, first, second, element, item: make("li", {}, element) };
    });
    list.replaceChildren(...entries.map((entry) => entry.item));
    list.of = of;
  }

  // What the live region says: the class, when it is another one and the pen rests.
  let announced = null;
  let resting = 0;

  const print = seldom(() => {
    const { now, pixel } = page;
    const x = input();
    entries.forEach((entry, k) => {
      const a = pixel === null ? 0 : now.rows[k * x.length + pixel];
      if (now.probabilities) say(entry.sure, `probability ${percent(now.probabilities[k])}`);
      say(entry.first, pixel === null ? `‖a‖ ${short(now.norms[k])}` : `a ${signed(a)}`);
      say(entry.second, pixel === null ? `∠ ${degrees(now.angles[k])}` : `a·x ${signed(a * x[pixel])}`);
    });
  });

  panels.push({
    draw() {
      const { now, pixel } = page;
      if (list.of !== net()) build();
      const x = input();
      const n = x.length;
      const largest = peak(now.rows);
      const span = Math.max(...now.y.map(Math.abs)) || 1;
      entries.forEach((entry, k) => {
        const row = now.rows.subarray(k * n, (k + 1) * n);
        paint(entry.canvas, row, "weights", largest);
        say(entry.y, short(now.y[k]));
        const part = now.probabilities ? now.probabilities[k] : Math.abs(now.y[k]) / span;
        entry.fill.style.transform = `scaleX(${part.toFixed(3)})`;
        const chosen = now.class === k;
        const state = chosen ? "output chosen" : "output";
        if (entry.element.className !== state) entry.element.className = state;
        const pressed = String(page.view === "row" && output() === k);
        if (entry.element.ariaPressed !== pressed) entry.element.ariaPressed = pressed;
      });
      print();
      say(least, `−${short(largest)}`);
      say(most, `+${short(largest)}`);
      say(answer, title());
      held.hidden = page.frozen.length === 0;
      say(held, `ablation: ${page.frozen.length} held`);
      say(note, pixel === null ? quality() : `${capital(called(pixel))}: x = ${short(x[pixel])}. Each output gets a · x of it; the column of A has norm ${short(now.column_norms[pixel])}.`);
      say_lead();
      clearTimeout(resting);
      resting = setTimeout(() => {
        const spoken = now.class === null ? `Output ${short(now.y[0])}` : `Class ${className(now.class)}`;
        if (announced !== spoken) say(find("said"), announced = spoken);
      }, 300);
    },
  });

  const title = () => {
    const { now } = page;
    if (now.class === null) return `y = ${Array.from(now.y.slice(0, 4), short).join(", ")}`;
    return `The net says ${className(now.class)}${now.probabilities ? `, ${percent(now.probabilities[now.class])}` : ""}`;
  };

  const quality = () => {
    const { now } = page;
    const how = now.exact ? "Exact" : "Tangent: this net has layers without switches, and the map holds at this input only";
    const rest = net().outputs > entries.length ? ` The first ${entries.length} of ${count(net().outputs)} outputs are shown.` : "";
    return `y = A x + c. ${how}: A x + c is within ${short(now.relative_residual)} of what the net put out, relative to its parts.${rest}`;
  };
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function peak(values) {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size > largest) largest = size;
  }
  return largest;
}

// The sentence on top: what the last action did to the switches.
function say_lead() {
  const { now, before } = page;
  const all = count(now.pattern.length);
  const lead = find("lead");
  if (!before && !now.exact) return say(lead, "At this input the net has one tangent. Change the input, and it is another.");
  if (!before) {
    return say(lead, `For this input the net is one linear map. Change the input: switches flip, and it is another.`);
  }
  const flipped = flips(now.pattern, before.pattern);
  const another = now.class !== null && now.class !== before.class
    ? `, and its answer is ${className(now.class)} instead of ${className(before.class)}` : "";
  if (!now.exact) {
    return say(lead, `${before.words} changed the tangent of the net${another}: it has layers without switches, whose slopes follow the input.`);
  }
  const parts = flipped === 0
    ? [`${before.words} flipped `, "none", ` of ${all} switches: the net is still the same linear map${another}.`]
    : [`${before.words} flipped `, count(flipped), ` of ${all} switches: the net is now another linear map${another}.`];
  if (lead.children.length !== 3) lead.replaceChildren(make("span"), make("b"), make("span"));
  parts.forEach((text, i) => say(lead.children[i], text));
}
