// The line from pin A to pin B: every switch that flips on it, the outputs as exact polylines, and a slider.

function makeRay() {
  const slider = make("input", { type: "range", min: 0, max: 1, step: "any", value: 0, ariaLabel: "Place on the line from A to B" });
  const play = button("Play", toggle);
  const words = make("p", { className: "quiet number", id: "ray-words" });
  const chart = make("div");
  const busy = make("progress", { ariaLabel: "Looking for switches on the line" });
  let ray = null; // the answer, with the inputs, the net and the width it was drawn for
  let asked = null;
  let cursor = null;
  let playing = 0;

  addView("ray", "Ray", [
    make("p", { className: "quiet" }, "On the line from pin A to pin B every output is a chain of straight pieces. Each tick is a switch that flips; between two ticks the net is one linear map."),
    make("div", { className: "row" }, play, words), busy, chart, slider], draw);

  slider.addEventListener("input", () => go(slider.valueAsNumber));

  function point(t) {
    const [a, b] = [page.pins.A.x, page.pins.B.x];
    return a.map((value, i) => value + t * (b[i] - value));
  }

  function go(t) {
    slider.value = t;
    page.before = { pattern: page.reference.pattern, class: page.reference.class, words: "The way from pin A" };
    drawing.marked = null;
    put(point(t));
  }

  function toggle() {
    if (playing) return halt();
    say(play, "Stop");
    let t = slider.valueAsNumber >= 1 ? 0 : slider.valueAsNumber;
    let last = null;
    const step = (time) => {
      t = Math.min(1, t + (last === null ? 0 : (time - last) / 6000));
      last = time;
      go(t);
      if (t < 1 && page.view === "ray") playing = requestAnimationFrame(step);
      else halt();
    };
    playing = requestAnimationFrame(step);
  }

  function halt() {
    cancelAnimationFrame(playing);
    playing = 0;
    say(play, "Play");
  }

  async function draw() {
    const held = frozen();
    const key = { a: page.pins.A.x, b: page.pins.B.x, net: page.net, held: JSON.stringify(held) };
    const fits = (one) => one && Object.keys(key).every((name) => one[name] === key[name]);
    if (!fits(ray) && !fits(asked)) {
      asked = key;
      busy.hidden = false;
      busy.removeAttribute("value");
      try {
        const found = await page.far.ask({ do: "ray", net: page.net, frozen: held }, [key.a, key.b], (done, all) => {
          if (all > 0) busy.value = done / all;
        });
        if (!fits(asked)) return;
        ray = { ...found, ...key };
        page.ray = ray;
        changed();
      } catch (error) {
        ray = { ...key, failed: sentence(error) };
        changed();
      }
      return;
    }
    busy.hidden = fits(ray);
    if (!fits(ray)) return;
    if (ray.failed) {
      chart.replaceChildren();
      return say(words, ray.failed);
    }
    const width = Math.max(280, chart.clientWidth);
    if (chart.shown !== ray || chart.width !== width || chart.theme !== themes.matches) {
      Object.assign(chart, { shown: ray, width, theme: themes.matches });
      chart.innerHTML = "";
      chart.append(svgElement(raySvg(ray, width, 340)));
      cursor = chart.querySelector(".cursor");
      chart.firstChild.addEventListener("pointerdown", (event) => {
        const box = chart.firstChild.getBoundingClientRect();
        const { left, right } = rayFrame(width);
        go(Math.max(0, Math.min(1, ((event.clientX - box.left) - left) / (width - left - right))));
      });
      say(words, `${counted(ray.layer.length, "switch flips", "switches flip")}; ${decisions(ray)}`);
    }
    const t = slider.valueAsNumber;
    const { left, right } = rayFrame(width);
    // The slider stands below the chart so that its thumb, 16 pixels wide, is where the line is.
    slider.style.cssText = `margin-left:${left - 8}px;width:${width - left - right + 16}px`;
    cursor.setAttribute("transform", `translate(${left + t * (width - left - right)},0)`);
  }

  const decisions = ({ changes }) => {
    if (!net().classes) return "";
    if (changes.length === 0) return "the class stays the same.";
    const places = Array.from(changes.slice(0, 4), (t) => t.toFixed(3)).join(", ");
    return `the class changes at t = ${places}${changes.length > 4 ? ", …" : ""}.`;
  };
}

const rayFrame = (width) => ({ left: 44, right: width < 500 ? 40 : 64, top: 10, bottom: 62 });

// The ray as the text of an SVG picture.
function raySvg(ray, width, height) {
  const { left, right, top, bottom } = rayFrame(width);
  const outputs = ray.outputs.shape[1];
  const low = Math.min(...minmax(ray.outputs));
  const high = Math.max(...minmax(ray.outputs));
  const x = (t) => (left + t * (width - left - right)).toFixed(2);
  const y = (value) => (top + ((high - value) / (high - low || 1)) * (height - top - bottom)).toFixed(2);
  const base = height - bottom;
  const parts = [];
  const [ink, soft, line] = ["--ink", "--soft", "--line"].map(style);
  for (const tick of axisTicks(low, high)) {
    parts.push(`<path d="M${left} ${y(tick)}H${width - right}" stroke="${line}"/>`,
      `<text x="${left - 6}" y="${y(tick)}" dy=".35em" text-anchor="end" fill="${soft}">${short(tick)}</text>`);
  }
  const breaks = Array.from(ray.t.slice(1, -1), (t) => `M${x(t)} ${base + 6}v12`).join("");
  parts.push(`<path class="ticks" d="${breaks}" stroke="${soft}" stroke-width="1" stroke-opacity="${ray.t.length > 400 ? 0.35 : 0.8}"/>`);
  if (net().classes) {
    // The class along the line, as a band below the ticks.
    const ends = [0, ...ray.changes, 1];
    for (let i = 0; i + 1 < ends.length; i++) {
      const middle = (ends[i] + ends[i + 1]) / 2;
      const k = classAt(ray, middle);
      const wide = (ends[i + 1] - ends[i]) * (width - left - right);
      parts.push(`<rect x="${x(ends[i])}" y="${base + 22}" width="${wide.toFixed(2)}" height="16" fill="${hue(k)}"/>`);
      if (wide > 30) parts.push(`<text x="${x(middle)}" y="${base + 52}" text-anchor="middle" fill="${ink}">${escaped(className(k))}</text>`);
    }
    for (const t of ray.changes) parts.push(`<path d="M${x(t)} ${top}V${base}" stroke="${ink}" stroke-dasharray="4 3"/>`);
  }
  const ended = Array.from({ length: outputs }, (_, k) => ({ k, at: Number(y(ray.outputs[(ray.t.length - 1) * outputs + k])) }));
  const labels = spread(ended, 12, top, base);
  for (let k = 0; k < outputs; k++) {
    let path = "";
    for (let i = 0; i < ray.t.length; i++) path += `${i ? "L" : "M"}${x(ray.t[i])} ${y(ray.outputs[i * outputs + k])}`;
    parts.push(`<path d="${path}" fill="none" stroke="${hue(k)}" stroke-width="2" stroke-linejoin="round"/>`,
      `<text x="${width - right + 6}" y="${labels[k].toFixed(1)}" dy=".35em" fill="${ink}">${escaped(className(k).slice(0, 9))}</text>`);
  }
  parts.push(`<text x="${left}" y="${height - 4}" fill="${soft}">A</text><text x="${width - right}" y="${height - 4}" text-anchor="end" fill="${soft}">B</text>`);
  parts.push(`<path class="cursor" d="M0 ${top}V${base + 40}" stroke="${style("--accent")}" stroke-width="2"/>`);
  return svgText(width, height, parts.join(""), `Outputs on the line from A to B: ${counted(ray.layer.length, "switch flips", "switches flip")}`);
}

function minmax(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function axisTicks(low, high) {
  const rough = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(i * step);
  return ticks;
}

// Heights of labels, moved apart so that none covers another.
function spread(places, room, top, bottom) {
  const sorted = [...places].sort((a, b) => a.at - b.at);
  let last = -Infinity;
  for (const one of sorted) last = one.to = Math.max(one.at, last + room);
  let next = bottom + room;
  for (const one of sorted.reverse()) next = one.to = Math.min(one.to, next - room);
  const found = [];
  for (const one of sorted) found[one.k] = one.to;
  return found;
}

// The class in the middle of a piece between two changes; the library says it for each piece of the line.
function classAt(ray, t) {
  let piece = 0;
  while (piece + 2 < ray.t.length && ray.t[piece + 1] <= t) piece++;
  return ray.class[piece];
}
