// How far it is to the next switch and to another class, along its map and along the maps behind it; with buttons that do it.

function makeMargin() {
  const card = (title, words) => {
    const text = make("p", { className: "quiet number" });
    const canvas = make("canvas", { className: "pixels", role: "img", ariaLabel: `The change: ${title}` });
    const sheet = make("div", { className: "sheet" }, canvas);
    const apply = button("Apply it", () => {
      begin(words);
      drawing.marked = null;
      put(apply.to);
    });
    sheet.hidden = apply.hidden = true;
    return { text, canvas, sheet, apply, element: make("div", { className: "card change" }, sheet, make("h3", {}, title), text, apply) };
  };
  const nearest = card("The nearest switch", "This smallest change");
  const other = card("The nearest other class by this map", "This change");
  const walk = card("Another class, along the maps", "These steps along the maps");
  addView("margin", "Margin", [
    make("p", { className: "quiet" }, "The map holds up to the nearest switch. Pictures are of the change, each on a scale of its own; distances are in the units of the net. Apply one and see what it does."),
    make("div", { className: "cards" }, nearest.element, other.element, walk.element)], draw);

  const shown = {};
  let timer = 0;

  function fail(card, words) {
    say(card.text, words);
    card.sheet.hidden = card.apply.hidden = true;
  }

  function fill(card, words, change, x) {
    say(card.text, words);
    card.sheet.hidden = card.apply.hidden = false;
    paint(card.canvas, change, "weights", peak(change));
    card.apply.to = x.map((value, i) => value + change[i]);
  }

  function draw() {
    other.element.hidden = walk.element.hidden = !net().classes;
    const x = page.x;
    const key = { x, net: page.net, held: JSON.stringify(frozen()), theme: themes.matches };
    if (Object.keys(key).every((name) => shown[name] === key[name])) return;
    Object.assign(shown, key);
    clearTimeout(timer);
    timer = setTimeout(() => compute(x, key), 30);
  }

  async function compute(x, key) {
    const current = () => shown.x === x && shown.net === key.net && shown.held === key.held;
    try {
      const found = await page.far.ask({ do: "margin", net: key.net, frozen: JSON.parse(key.held) }, [x]);
      if (!current()) return;
      if (found.switch) {
        const { layer, unit, distance } = found.switch;
        fill(nearest, `${short(distance)} away, in layer ${layer}: switch ${unit}.`, found.switch_change, x);
      } else fail(nearest, "No switch depends on the input.");
      if (found.other) {
        const { class: rival, distance, inside, flips, class_there } = found.other;
        const there = inside ? "The map holds so far: this is exact."
          : `On the way ${count(flips)} switches flip, and there the net says ${className(class_there)}.`;
        fill(other, `By this map class ${className(rival)} wins at ${short(distance)}. ${there}`, found.other_change, x);
      } else fail(other, "No other class within reach of this map.");
    } catch (error) {
      if (current()) [nearest, other].forEach((card) => fail(card, sentence(error)));
    }
    if (!net().classes) return;
    try {
      const found = await page.far.ask({ do: "adversarial", net: key.net, frozen: JSON.parse(key.held) }, [x]);
      if (!current()) return;
      if (!found.found) fail(walk, "None was found.");
      else fill(walk, `Class ${className(found.class)} at ${short(found.distance)}, found in ${found.steps} ${found.steps === 1 ? "step" : "steps"}. There may be a nearer one.`, found.change, x);
    } catch (error) {
      if (current()) fail(walk, sentence(error));
    }
  }
}
