// The plane through pins A, B and C: all polygons on which the net is one linear map, to zoom into.

const slice = { window: [-0.25, 1.25, -0.25, 1.25], found: null, color: "class", element: null };

function makeSlice() {
  const canvas = make("canvas", {
    id: "plane", tabIndex: 0, role: "application", ariaRoleDescription: "map",
    ariaLabel: "Plane through the pins A, B and C. Arrow keys move, plus and minus zoom, Enter takes the middle as the input, 0 shows all.",
  });
  const words = make("p", { className: "quiet number", id: "slice-words" });
  const busy = make("progress", { ariaLabel: "Looking for polygons", hidden: true });
  const stop = button("Stop", () => { page.far.stop(); asked = null; running = null; stopped = key(); changed(); }, { hidden: true });
  const legend = make("ul", { className: "legend" });
  const colors = choice("slice-color", "Color by", { class: "Class", norm: "Norm", pattern: "Pattern" }, slice.color, (value) => {
    slice.color = value;
    changed();
  });
  slice.element = canvas;
  let asked = null;
  let running = null;
  let stopped = null;
  let timer = 0;

  addView("slice", "Slice", [
    make("p", { className: "quiet" }, "All regions on the plane through the three pins; a region has the color of its center. Point at one to see the input there with its map; click to keep it. Drag to move, zoom with the buttons, a pinch, or the wheel once the picture has the focus."),
    make("div", { className: "halves" },
      make("div", {}, make("div", { className: "sheet" }, canvas), busy),
      make("div", {}, colors,
        make("div", { className: "row" },
          button("Zoom in", () => zoom(0.5), { id: "zoom-in" }), button("Zoom out", () => zoom(2)),
          button("All", () => move_to([-0.25, 1.25, -0.25, 1.25])), stop),
        words, legend))], draw);

  // A net of values has no classes to color by.
  const allow = () => {
    const option = colors.querySelector("[value=class]");
    option.parentElement.hidden = !net().classes;
    if (net().classes || slice.color !== "class") return;
    slice.color = "pattern";
    colors.querySelector("[value=pattern]").checked = true;
  };
  // The norm of each polygon's map takes longer than all the rest: it is asked for with its colors.
  const key = () => ({ norms: slice.color === "norm", a: page.pins.A.x, b: page.pins.B.x, c: page.pins.C.x, net: page.net, window: slice.window });
  const samePlane = (one, now = key()) => one && ["a", "b", "c", "net"].every((name) => one[name] === now[name]);
  const fits = (one, now = key()) => samePlane(one, now) && one.window === now.window && (one.norms || !now.norms);

  function point([s, t]) {
    const { A, B, C } = page.pins;
    return A.x.map((value, i) => value + s * (B.x[i] - value) + t * (C.x[i] - value));
  }

  function move_to(window) {
    slice.window = window;
    changed();
  }

  function zoom(factor, [s, t] = middle()) {
    const [s0, s1, t0, t1] = slice.window;
    // Below this numbers of the window are no longer told apart.
    if (factor < 1 && s1 - s0 < 1e-10) return;
    move_to([s + (s0 - s) * factor, s + (s1 - s) * factor, t + (t0 - t) * factor, t + (t1 - t) * factor]);
  }

  const middle = () => [(slice.window[0] + slice.window[1]) / 2, (slice.window[2] + slice.window[3]) / 2];

  function spotOf(event) {
    const box = canvas.getBoundingClientRect();
    const [s0, s1, t0, t1] = slice.window;
    return [s0 + ((event.clientX - box.left) / box.width) * (s1 - s0), t1 - ((event.clientY - box.top) / box.height) * (t1 - t0)];
  }

  // Pointers on the picture: one moves it or, if it stays where it is, chooses a point; two zoom.
  const pointers = new Map();
  let dragged = false;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    dragged = pointers.size > 1;
    if (pointers.size === 1) canvas.start = { event, window: slice.window };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (pointers.size === 0) {
      if (event.pointerType === "mouse") { page.preview = point(spotOf(event)); changed(); }
      return;
    }
    const before = pointers.get(event.pointerId);
    pointers.set(event.pointerId, event);
    if (pointers.size === 2) {
      const [one, two] = [...pointers.values()];
      const other = one === event ? two : one;
      const was = Math.hypot(before.clientX - other.clientX, before.clientY - other.clientY);
      const is = Math.hypot(event.clientX - other.clientX, event.clientY - other.clientY);
      return zoom(was / Math.max(1, is), spotOf({ clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 }));
    }
    const { event: start, window: [s0, s1, t0, t1] } = canvas.start;
    const [dx, dy] = [event.clientX - start.clientX, event.clientY - start.clientY];
    if (!dragged && Math.hypot(dx, dy) < 5) return;
    dragged = true;
    page.preview = null;
    const [ds, dt] = [(-dx / canvas.clientWidth) * (s1 - s0), (dy / canvas.clientHeight) * (t1 - t0)];
    move_to([s0 + ds, s1 + ds, t0 + dt, t1 + dt]);
  });
  canvas.addEventListener("pointerup", (event) => {
    pointers.delete(event.pointerId);
    if (pointers.size === 0 && !dragged) keep(spotOf(event));
  });
  canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("pointerleave", () => {
    if (page.preview) { page.preview = null; changed(); }
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== canvas) return;
    event.preventDefault();
    zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 150), spotOf(event));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const [s0, s1, t0, t1] = slice.window;
    if (event.key in arrows) {
      const [dx, dy] = arrows[event.key];
      const [ds, dt] = [(dx * (s1 - s0)) / 8, (-dy * (t1 - t0)) / 8];
      move_to([s0 + ds, s1 + ds, t0 + dt, t1 + dt]);
    } else if (event.key === "+" || event.key === "=") zoom(0.5);
    else if (event.key === "-") zoom(2);
    else if (event.key === "0") move_to([-0.25, 1.25, -0.25, 1.25]);
    else if (event.key === "Enter") keep(middle());
    else return;
    event.preventDefault();
  });

  function keep(at) {
    page.preview = null;
    page.before = { pattern: page.reference.pattern, class: page.reference.class, words: "The way from pin A" };
    page.past.push(page.x);
    drawing.marked = null;
    put(point(at));
  }

  function draw() {
    allow();
    const wanted = key();
    if (!samePlane(slice.found, wanted)) slice.found = null;
    if (!fits(slice.found, wanted) && !fits(asked, wanted) && !fits(stopped, wanted)) {
      // While a window moves, the one before it is drawn; when it rests the new one is asked for.
      clearTimeout(timer);
      asked = wanted;
      timer = setTimeout(compute, slice.found ? 60 : 0);
    }
    paintPlane();
    const waitingFor = !fits(slice.found, wanted) && !fits(stopped, wanted);
    busy.hidden = stop.hidden = !waitingFor || !running;
    if (fits(stopped, wanted)) return say(words, "Stopped. Zoom or move to look again.");
    if (!slice.found) return say(words, "Looking for polygons …");
    if (slice.found.failed) return say(words, slice.found.failed);
    const { found } = slice;
    const n = found.offsets.length - 1;
    const size = slice.window[1] - slice.window[0];
    const part = found.complete ? "" : `, as many as are found at once, in ${percent(found.filled)} of the window: zoom in for all`;
    say(words, `${count(n)} polygons${part}. The window is ${short(size)} of the way from A to B wide.`);
  }

  // One search at a time; when it ends, the window that is then wanted is searched.
  async function compute() {
    if (running) return;
    const wanted = asked;
    running = wanted;
    busy.hidden = stop.hidden = false;
    busy.removeAttribute("value");
    try {
      const answer = await page.far.ask({ do: "slice", net: page.net, window: wanted.window, limit: most(), norms: wanted.norms }, [wanted.a, wanted.b, wanted.c], (done, all) => {
        if (all > 0) busy.value = done / all;
      });
      slice.found = { ...answer, ...wanted };
    } catch (error) {
      slice.found = { ...wanted, failed: sentence(error), offsets: [0], complete: true };
    }
    running = null;
    if (asked && !fits(asked, wanted)) compute();
    else changed();
  }

  // As many polygons as take a few seconds: each costs a pass through all switches.
  const most = () => Math.floor(8e7 / Math.max(400, page.now.pattern.length));

  function paintPlane() {
    const size = Math.round(Math.min(1600, canvas.clientWidth * devicePixelRatio)) || 300;
    const { found } = slice;
    const drawn = { found, window: slice.window, size, color: slice.color, theme: themes.matches, x: input() };
    if (canvas.drawn && Object.keys(drawn).every((name) => canvas.drawn[name] === drawn[name])) return;
    const fresh = canvas.width !== size;
    if (fresh) Object.assign(canvas, { width: size, height: size });
    // Polygons are drawn once, on a canvas of their own; the points on it move with every input.
    const same = canvas.drawn && ["found", "window", "size", "color", "theme"].every((name) => canvas.drawn[name] === drawn[name]);
    canvas.drawn = drawn;
    const context = canvas.getContext("2d");
    if (!same) {
      canvas.back ??= make("canvas");
      Object.assign(canvas.back, { width: size, height: size });
      polygons(canvas.back.getContext("2d"), size);
    }
    context.clearRect(0, 0, size, size);
    context.drawImage(canvas.back, 0, 0);
    const [s0, s1, t0, t1] = slice.window;
    const ratio = size / canvas.clientWidth || 1;
    for (const [name, s, t] of [["A", 0, 0], ["B", 1, 0], ["C", 0, 1]]) {
      const [x, y] = [((s - s0) / (s1 - s0)) * size, ((t1 - t) / (t1 - t0)) * size];
      context.beginPath();
      context.arc(x, y, 11 * ratio, 0, 7);
      context.fillStyle = style("--paper");
      context.fill();
      context.lineWidth = 1.5 * ratio;
      context.strokeStyle = context.fillStyle = style("--ink");
      context.stroke();
      context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(name, x, y + ratio);
    }
  }

  function polygons(context, size) {
    context.fillStyle = style("--plot");
    context.fillRect(0, 0, size, size);
    const { found } = slice;
    if (!found?.vertices) return;
    const { fills, entries } = paletteOf(found);
    const [s0, s1, t0, t1] = slice.window;
    const [a, b] = [size / (s1 - s0), size / (t1 - t0)];
    const paths = new Map();
    const { vertices, corners, offsets } = found;
    for (let i = 0; i + 1 < offsets.length; i++) {
      const color = fills(i);
      if (!paths.has(color)) paths.set(color, new Path2D());
      const path = paths.get(color);
      for (let k = offsets[i]; k < offsets[i + 1]; k++) {
        const at = 2 * corners[k];
        const [x, y] = [(vertices[at] - s0) * a, (t1 - vertices[at + 1]) * b];
        if (k === offsets[i]) path.moveTo(x, y);
        else path.lineTo(x, y);
      }
      path.closePath();
    }
    for (const [color, path] of paths) {
      context.fillStyle = context.strokeStyle = color;
      // A hair of the same color closes the seams between neighbors.
      context.lineWidth = 0.7;
      context.fill(path);
      context.stroke(path);
    }
    if (offsets.length < 20000) {
      context.globalAlpha = offsets.length < 3000 ? 0.35 : 0.16;
      context.strokeStyle = style("--paper");
      context.lineWidth = 1;
      for (const path of paths.values()) context.stroke(path);
      context.globalAlpha = 1;
    }
    context.strokeStyle = style("--ink");
    context.lineWidth = Math.max(1.5, size / 400);
    context.lineCap = "round";
    context.beginPath();
    for (let i = 0; i + 3 < found.boundary.length; i += 4) {
      context.moveTo((found.boundary[i] - s0) * a, (t1 - found.boundary[i + 1]) * b);
      context.lineTo((found.boundary[i + 2] - s0) * a, (t1 - found.boundary[i + 3]) * b);
    }
    context.stroke();
    legend.replaceChildren(...entries.map(([text, color]) => {
      const sign = make("i");
      sign.style.background = color;
      return make("li", { className: "key" }, sign, text);
    }));
  }
}

// The color of each polygon of a slice, and what to write beside the colors.
function paletteOf(found) {
  if (slice.color === "class") {
    const seen = [...new Set(found.class)].sort((a, b) => a - b);
    // Four shades of each class, by the pattern, so that regions of one class are told apart.
    const paper = channels(style("--plot"));
    const shades = new Map(seen.map((k) => [k, [0, 0.1, 0.2, 0.3].map((part) => css(mix(channels(hue(k)), paper, part)))]));
    return { fills: (i) => shades.get(found.class[i])[(found.pattern[i] * 7) % 4], entries: [...seen.map((k) => [className(k), hue(k)]), ...(seen.length > 1 ? [["decision boundary", "var(--ink)"]] : [])] };
  }
  if (slice.color === "norm" && found.norm) {
    const [low, high] = minmax(found.norm);
    // Sixty-four shades are as many as the eye tells apart, and as many paths as a canvas fills at once.
    const color = (value) => ramps.hot.css[Math.round(place(value, low, high) / 8) * 8];
    return { fills: (i) => color(found.norm[i]), entries: [[`‖A‖ ${short(low)}`, color(low)], [`${short(high)}`, color(high)]] };
  }
  // Patterns have no order: neighbors get one of sixteen shades by their number.
  const shades = Array.from({ length: 16 }, (_, i) => ramps.hot.css[40 + 24 * i]);
  return { fills: (i) => shades[(found.pattern[i] * 7) % 16], entries: [["each pattern of switches a shade", shades[8]]] };
}

// The slice as an SVG picture.
function sliceSvg(found) {
  const size = 600;
  const [s0, s1, t0, t1] = found.window;
  const x = (s) => (((s - s0) / (s1 - s0)) * size).toFixed(2);
  const y = (t) => (((t1 - t) / (t1 - t0)) * size).toFixed(2);
  const { fills } = paletteOf(found);
  const paths = new Map();
  for (let i = 0; i + 1 < found.offsets.length; i++) {
    let path = "";
    for (let k = found.offsets[i]; k < found.offsets[i + 1]; k++) {
      path += `${path ? "L" : "M"}${x(found.vertices[2 * found.corners[k]])} ${y(found.vertices[2 * found.corners[k] + 1])}`;
    }
    paths.set(fills(i), (paths.get(fills(i)) ?? "") + path + "Z");
  }
  let body = [...paths].map(([color, path]) => `<path d="${path}" fill="${color}" stroke="${style("--paper")}" stroke-width=".3"/>`).join("");
  let edge = "";
  for (let i = 0; i + 3 < found.boundary.length; i += 4) {
    edge += `M${x(found.boundary[i])} ${y(found.boundary[i + 1])}L${x(found.boundary[i + 2])} ${y(found.boundary[i + 3])}`;
  }
  body += `<path d="${edge}" fill="none" stroke="${style("--ink")}" stroke-width="2"/>`;
  for (const [name, s, t] of [["A", 0, 0], ["B", 1, 0], ["C", 0, 1]]) {
    body += `<circle cx="${x(s)}" cy="${y(t)}" r="10" fill="${style("--paper")}" stroke="${style("--ink")}"/>` +
      `<text x="${x(s)}" y="${y(t)}" dy=".35em" text-anchor="middle" fill="${style("--ink")}">${name}</text>`;
  }
  return svgText(size, size, body, "A plane through three inputs, in the polygons on which the net is linear");
}
