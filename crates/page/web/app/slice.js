// The plane through pins A, B and C: all polygons on which the net is one linear map, to zoom into.

// The window that holds all pins, with a quarter around them.
const whole = [-0.25, 1.25, -0.25, 1.25];

const slice = { window: whole, middle: null, found: null, color: "class", element: null };

function makeSlice() {
  const canvas = make("canvas", {
    id: "plane", tabIndex: 0, role: "application", ariaRoleDescription: "map",
    ariaLabel: "Plane through the pins A, B and C. Arrow keys move, plus and minus zoom, Enter takes the middle as the input, 0 shows all.",
  });
  const words = make("p", { className: "quiet number", id: "slice-words" });
  const busy = make("progress", { ariaLabel: "Looking for polygons", hidden: true });
  const stop = button("Stop", () => page.plane.stop(), { hidden: true });
  const legend = make("ul", { className: "legend" });
  const colors = choice("slice-color", "Color by", { class: "Class", norm: "Norm", pattern: "Pattern" }, slice.color, (value) => {
    slice.color = value;
    changed();
  });
  slice.element = canvas;
  let asked = null;
  let running = null;
  let timer = 0;

  addView("slice", "Slice", [
    make("p", { className: "quiet" }, "All regions on the plane through the three pins; a region has the color of its center. Point at one to see the input there with its map; click to keep it. Drag to move, zoom with the buttons, a pinch, or the wheel once the picture has the focus."),
    make("div", { className: "halves" },
      make("div", {}, make("div", { className: "sheet" }, canvas), busy),
      make("div", {}, colors,
        make("div", { className: "row" },
          button("Zoom in", () => zoom(0.5), { id: "zoom-in" }), button("Zoom out", () => zoom(2)),
          button("All", () => move_to(whole)), stop),
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
  const key = () => ({ held: JSON.stringify(frozen()), norms: slice.color === "norm", a: page.pins.A.x, b: page.pins.B.x, c: page.pins.C.x, net: page.net, window: slice.window });
  const samePlane = (one, now = key()) => one && ["a", "b", "c", "net", "held"].every((name) => one[name] === now[name]);
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
    else if (event.key === "0") move_to(whole);
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
    if (!fits(slice.found, wanted) && !fits(asked, wanted)) {
      // While a window moves, the one before it is drawn; when it rests the new one is asked for.
      clearTimeout(timer);
      asked = wanted;
      timer = setTimeout(compute, slice.found ? 60 : 0);
    }
    paintPlane();
    busy.hidden = stop.hidden = !running || fits(slice.found, wanted);
    if (!slice.found) return say(words, "Looking for polygons …");
    if (slice.found.failed) return say(words, slice.found.failed);
    const { found } = slice;
    const n = found.offsets.length - 1;
    const size = slice.window[1] - slice.window[0];
    const part = found.complete ? "" : `, as many as are found at once, in ${percent(found.filled)} of the window: zoom in for all`;
    const why = slice.window === slice.middle ? "The whole plane has more polygons than are found at once: this is a part between the pins. " : "";
    say(words, `${why}${counted(n, "polygon", "polygons")}${part}. The window is ${short(size)} of the way from A to B wide.`);
  }

  // One search at a time; when it ends, the window that is then wanted is searched.
  async function compute() {
    if (running) return;
    const wanted = asked;
    running = wanted;
    busy.hidden = stop.hidden = false;
    busy.removeAttribute("value");
    try {
      const answer = await page.plane.ask({ do: "slice", net: wanted.net, frozen: JSON.parse(wanted.held), window: wanted.window, limit: most(), norms: wanted.norms }, [wanted.a, wanted.b, wanted.c], (done, all) => {
        if (all > 0) busy.value = done / all;
      });
      slice.found = { ...answer, ...wanted };
      // Where the whole plane is too much, a part around its middle that is not, and the page says so.
      if (!answer.complete && slice.window === wanted.window && [whole, slice.middle].includes(slice.window)) {
        const half = ((slice.window[1] - slice.window[0]) / 2) * Math.sqrt(answer.filled / 3);
        slice.middle = slice.window = [1 / 3 - half, 1 / 3 + half, 1 / 3 - half, 1 / 3 + half];
      }
    } catch (error) {
      slice.found = { ...wanted, failed: sentence(error), offsets: [0], complete: true };
    }
    running = null;
    if (asked && !fits(asked, wanted)) compute();
    changed();
  }

  // As many polygons as take a few seconds: each costs a pass through the net.
  const most = () => Math.floor(2e9 / Math.max(1e4, net().multiply_adds));

  // Polygons are drawn once, in their own window, on a canvas of their own; where the window has moved on, this picture
  // is moved and enlarged until those of the new one are found.
  function paintPlane() {
    const size = Math.round(Math.min(1600, canvas.clientWidth * devicePixelRatio)) || 300;
    if (canvas.width !== size) Object.assign(canvas, { width: size, height: size });
    const { found } = slice;
    const drawn = { found, size, color: slice.color, theme: themes.matches };
    canvas.back ??= make("canvas");
    if (!canvas.drawn || Object.keys(drawn).some((name) => canvas.drawn[name] !== drawn[name])) {
      canvas.drawn = drawn;
      Object.assign(canvas.back, { width: size, height: size });
      const entries = found?.vertices ? paintPolygons(canvas.back.getContext("2d"), found, size) : [];
      legend.replaceChildren(...entries.map(([text, color]) => {
        const sign = make("i");
        sign.style.background = color;
        return make("li", { className: "key" }, sign, text);
      }));
    }
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, size, size);
    if (found) {
      const [s0, s1, t0, t1] = slice.window;
      const [u0, u1, v0, v1] = found.window;
      const [a, b] = [size / (s1 - s0), size / (t1 - t0)];
      context.drawImage(canvas.back, (u0 - s0) * a, (t1 - v1) * b, (u1 - u0) * a, (v1 - v0) * b);
    }
    paintPins(context, size, size / canvas.clientWidth || 1);
  }
}
