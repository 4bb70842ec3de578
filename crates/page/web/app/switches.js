// Each layer of switches as a strip: open or closed, and what flipped since pin A.

function makeSwitches() {
  const told = make("p", { id: "flipped" });
  const legend = make("p", { className: "row quiet" });
  const list = make("div", { className: "strips" });
  const held = make("ul", { id: "held" });
  const name = make("h3", {}, "A switch");
  const picture = make("canvas", { className: "pixels", role: "img" });
  const facts = factList();
  const hold = button("Hold it", () => { if (over) toggle(over); });
  const hint = make("p", { className: "quiet" }, "Point at a switch to see what it looks at; click or press Enter to hold it on its other side.");
  const about = make("div", {}, name,
    hint,
    make("div", { className: "sheet third" }, picture), facts.element, hold);
  const layerOf = (index) => net().layers.find((one) => one.index === index);
  let strips = [];
  let over = null; // the switch looked at: { layer, unit }

  addView("switches", "Switches", [
    make("div", { className: "row wide" }, told, legend), held,
    make("div", { className: "halves" }, list, about)], draw);

  function build() {
    strips = net().layers.map((layer) => {
      const canvas = make("canvas", { tabIndex: 0, role: "application", ariaRoleDescription: "switches" });
      const flipped = make("b", { className: "number" });
      const words = make("span", {}, `Layer ${layer.index}: ${layer.name}, ${count(layer.switches)} switches`);
      const strip = { layer, canvas, flipped, places: null, cursor: 0 };
      canvas.ariaLabel = `Layer ${layer.index}, ${layer.name}: ${count(layer.switches)} switches. Arrow keys go from one to the next, Enter holds one.`;
      canvas.addEventListener("pointermove", (event) => look(strip, unitUnder(strip, event)));
      canvas.addEventListener("click", (event) => {
        const unit = unitUnder(strip, event);
        if (unit !== null) toggle({ layer: layer.index, unit });
      });
      canvas.addEventListener("focus", () => look(strip, strip.cursor));
      canvas.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") toggle({ layer: layer.index, unit: strip.cursor });
        else if (event.key in arrows) {
          const [dx, dy] = arrows[event.key];
          strip.cursor = Math.max(0, Math.min(layer.switches - 1, strip.cursor + dx + dy * (layer.shape.length > 1 ? layer.shape.at(-1) : strip.places.width)));
          look(strip, strip.cursor);
        } else return;
        event.preventDefault();
      });
      strip.element = make("div", { className: "strip" }, make("p", { className: "quiet" }, words, flipped), canvas);
      return strip;
    });
    list.replaceChildren(...strips.map((strip) => strip.element));
    list.of = net();
    // To begin with, the first switch that flipped is looked at.
    const { now, reference } = page;
    const at = Math.max(0, now.pattern.findIndex((open, i) => open !== reference.pattern[i]));
    const layer = net().layers.findLast((one) => one.first <= at);
    over = layer ? { layer: layer.index, unit: at - layer.first } : null;
  }

  function draw() {
    if (list.of !== net()) build();
    const { now, reference } = page;
    const colors = {
      open: packed(channels(style("--soft"))), shut: packed(channels(style("--line"))),
      lit: packed(channels(style("--accent"))), out: packed(mix(channels(style("--accent")), channels(style("--paper")), 0.55)),
      held: packed(channels(style("--missed"))), paper: packed(channels(style("--paper"))),
    };
    draw_legend();
    let total = 0;
    for (const strip of strips) {
      const { layer, canvas } = strip;
      const wide = Math.max(200, list.clientWidth);
      if (strip.wide !== wide) Object.assign(strip, { wide, ...layout(layer, wide) });
      const { cell, gap, places } = strip;
      const width = places.width * cell;
      const height = places.height * cell;
      if (canvas.width !== width || canvas.height !== height) {
        Object.assign(canvas, { width, height });
        canvas.style.maxWidth = `${width}px`;
        strip.context = canvas.getContext("2d");
        strip.image = strip.context.createImageData(width, height);
      }
      const pixels = new Int32Array(strip.image.data.buffer);
      pixels.fill(colors.paper);
      let flipped = 0;
      for (let unit = 0; unit < layer.switches; unit++) {
        const at = layer.first + unit;
        const open = now.pattern[at];
        const other = open !== reference.pattern[at];
        flipped += other;
        fill(pixels, width, strip, unit, other ? (open ? colors.lit : colors.out) : open ? colors.open : colors.shut, cell - gap);
      }
      for (const one of page.frozen) if (one.layer === layer.index) fill(pixels, width, strip, one.unit, colors.held, cell - gap);
      strip.context.putImageData(strip.image, 0, 0);
      if (over?.layer === layer.index) {
        const [x, y] = places.at(over.unit);
        strip.context.strokeStyle = style("--ink");
        strip.context.lineWidth = 2;
        strip.context.strokeRect(x * cell, y * cell, cell - gap, cell - gap);
      }
      say(strip.flipped, flipped ? `${count(flipped)} flipped` : "");
      total += flipped;
    }
    legend.hidden = about.hidden = strips.length === 0;
    say(told, strips.length === 0 ? "This net has no switches." : `${count(total)} of ${count(now.pattern.length)} switches stand otherwise than at pin A.`);
    const key = JSON.stringify(page.frozen);
    if (held.key !== key) {
      held.key = key;
      held.replaceChildren(...page.frozen.map((one) =>
        make("li", {}, button(`Layer ${one.layer}, switch ${one.unit} held ${one.open ? "open" : "closed"} ×`, () => toggle(one),
          { ariaLabel: `Let go of switch ${one.unit} of layer ${one.layer}, held ${one.open ? "open" : "closed"}` }))));
    }
    draw_switch();
  }

  function draw_legend() {
    if (legend.theme === themes.matches) return;
    legend.theme = themes.matches;
    const entry = (text, color) => {
      const sign = make("i");
      sign.style.background = color;
      return make("span", { className: "key" }, sign, text);
    };
    const faint = css(mix(channels(style("--accent")), channels(style("--paper")), 0.55));
    legend.replaceChildren(entry("open", "var(--soft)"), entry("closed", "var(--line)"), entry("opened", "var(--accent)"),
      entry("closed since", faint), entry("held", "var(--missed)"));
  }

  // How large a switch is drawn so that a layer fills the width, and not more than a few rows.
  function layout(layer, wide) {
    const shape = layer.shape.length === 1 ? [layer.switches] : layer.shape;
    const least = layer.switches > 2000 ? 5 : layer.switches > 600 ? 7 : 10;
    // Rows of 16, 32, 64, … switches: layers of such widths are whole rectangles.
    const columns = shape.length > 1 ? Math.floor(wide / least) : Math.min(2 ** Math.floor(Math.log2(wide / least)), layer.switches);
    const places = tiling(shape, columns);
    return { cell: Math.max(least, Math.min(16, Math.floor(wide / places.width))), gap: 1, places };
  }

  function fill(pixels, width, { places, cell }, unit, color, size) {
    const [column, line] = places.at(unit);
    for (let y = line * cell; y < line * cell + size; y++) {
      pixels.fill(color, y * width + column * cell, y * width + column * cell + size);
    }
  }

  function unitUnder({ canvas, places, layer, cell }, event) {
    const box = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * canvas.width / cell);
    const y = Math.floor(((event.clientY - box.top) / box.height) * canvas.height / cell);
    for (let unit = 0; unit < layer.switches; unit++) {
      const [column, line] = places.at(unit);
      if (column === x && line === y) return unit;
    }
    return null;
  }

  function look(strip, unit) {
    if (unit === null) return;
    strip.cursor = unit;
    if (over?.layer === strip.layer.index && over.unit === unit) return;
    over = { layer: strip.layer.index, unit };
    changed();
  }

  // Holds a switch on the other side than it is on, or lets go of it.
  function toggle({ layer, unit }) {
    if (!layerOf(layer).can_be_held) return say(hint, "Switches of this layer cannot be held: which of its inputs is the largest is no matter of open or closed.");
    const at = page.frozen.findIndex((one) => one.layer === layer && one.unit === unit);
    begin(at < 0 ? "Holding a switch" : "Letting go of a switch");
    if (at >= 0) page.frozen.splice(at, 1);
    else {
      const { first } = layerOf(layer);
      page.frozen.push({ layer, unit, open: page.now.pattern[first + unit] === 0 });
    }
    page.reference = null;
    changed();
  }

  function draw_switch() {
    hold.hidden = !over;
    if (!over) return;
    const found = page.ask({ do: "neuron", net: net().handle, ...over, frozen: frozen() }, input());
    paint(picture, found.row, "weights", peak(found.row));
    const kept = page.frozen.find((one) => one.layer === over.layer && one.unit === over.unit);
    const { first, can_be_held } = layerOf(over.layer);
    const open = kept ? kept.open : page.now.pattern[first + over.unit] !== 0;
    hold.hidden = !can_be_held;
    say(name, `Layer ${over.layer}, switch ${over.unit}: ${kept ? "held " : ""}${open ? "open" : "closed"}`);
    say(hold, kept ? "Let it go" : `Hold it ${open ? "closed" : "open"}`);
    picture.ariaLabel = `The effective weights of switch ${over.unit} of layer ${over.layer}`;
    facts.set([["its sum a · x + c", short(found.value)], ["constant c", short(found.constant)], ["distance to its boundary", short(found.distance)]]);
  }
}
