// One row of the map, large, with the input over it, and the output as what it is: a · x + c = y.

function makeRow() {
  let mode = "weights";
  const canvas = make("canvas", { className: "pixels", role: "img" });
  const over = make("canvas", { className: "over", ariaHidden: "true" });
  const sheet = make("div", { className: "sheet" }, canvas, over);
  canvas.addEventListener("pointermove", (event) => look_at(under(canvas, event)));
  canvas.addEventListener("pointerleave", () => look_at(null));
  const title = make("h3", {}, "Output");
  const part = (caption) => {
    const value = make("span", {});
    return { value, element: make("span", {}, value, make("small", {}, caption)) };
  };
  const forIt = part("speaks for it");
  const against = part("against it");
  const constant = part("c, constant");
  const whole = part("y");
  whole.value.append(make("b"));
  const sum = make("p", { className: "sum", id: "sum" },
    forIt.element, "−", against.element, "+", constant.element, "=", whole.element);
  const plain = make("p", { className: "quiet number" });
  const facts = factList();
  const features = make("tbody");
  const table = make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Features, their weights and products", hidden: true },
    make("table", {}, make("thead", {}, make("tr", {}, ...["feature", "x", "a", "a·x"].map((text) => make("th", { scope: "col" }, text)))), features));
  const modes = choice("row-mode", "What the picture shows", { weights: "Weights a", products: "Products a·x" }, mode, (value) => {
    mode = value;
    changed();
  });
  const others = make("select", { ariaLabel: "Output" });
  others.addEventListener("change", () => { page.output = others.value === "" ? null : Number(others.value); changed(); });

  const print = seldom(() => {
    const { now } = page;
    const k = output();
    const x = input();
    let positive = 0;
    let negative = 0;
    for (let i = 0; i < x.length; i++) {
      const product = now.rows[k * x.length + i] * x[i];
      if (product > 0) positive += product;
      else negative -= product;
    }
    say(forIt.value, short(positive));
    say(against.value, short(negative));
    say(constant.value, now.constants[k] < 0 ? `(${short(now.constants[k])})` : short(now.constants[k]));
    say(whole.value.firstChild, short(now.y[k]));
    say(plain, `a · x + c = ${short(positive - negative)} ${now.constants[k] < 0 ? "−" : "+"} ${short(Math.abs(now.constants[k]))} = ${short(now.y[k])}`);
    const entries = [
      ["norm ‖a‖", short(now.norms[k])],
      ["noise gain, in units of the net", short(now.noise_gain[k])],
      ["angle to the input", degrees(now.angles[k])],
      ["residual of the map", short(now.relative_residual)],
    ];
    if (now.probabilities) entries.unshift(["probability", percent(now.probabilities[k])]);
    facts.set(entries);
  });

  addView("row", "One sum", [make("div", { className: "beside" },
    make("div", {}, sheet),
    make("div", {}, make("div", { className: "row" }, title, others), sum, plain, modes, facts.element, table))], () => {
    const { now } = page;
    if (others.of !== net()) {
      others.of = net();
      others.replaceChildren(make("option", { value: "" }, "the output chosen"),
        ...Array.from({ length: net().outputs }, (_, k) => make("option", { value: k }, className(k))));
    }
    others.value = page.output ?? "";
    const k = output();
    const x = input();
    const row = now.rows.subarray(k * x.length, (k + 1) * x.length);
    const products = row.map((a, i) => a * x[i]);
    const shown = mode === "weights" ? row : products;
    paint(canvas, shown, "weights", peak(shown));
    canvas.ariaLabel = `${mode === "weights" ? "Weights" : "Products of weights and input"} of output ${className(k)}`;
    overlay(x);
    table.hidden = page.samples.form !== "table";
    if (!table.hidden) {
      features.replaceChildren(...Array.from(x, (value, i) => make("tr", {}, make("th", { scope: "row" }, called(i)),
        ...[short(value), signed(row[i]), signed(products[i])].map((text) => make("td", {}, text)))));
    }
    print();
  });

  // The input over its weights: a dot for each pixel, as large as the pixel is strong.
  function overlay(x) {
    const { form, range: [low, high] } = page.samples;
    over.hidden = form !== "image";
    if (over.hidden) return;
    const scale = Math.max(4, Math.round(480 / canvas.width));
    if (over.width !== canvas.width * scale) Object.assign(over, { width: canvas.width * scale, height: canvas.height * scale });
    const context = over.getContext("2d");
    context.clearRect(0, 0, over.width, over.height);
    context.fillStyle = style("--ink");
    context.globalAlpha = 0.75;
    for (let i = 0; i < x.length; i++) {
      const radius = (0.3 * scale * (x[i] - low)) / (high - low);
      if (!(radius > 0)) continue;
      const [column, line] = canvas.places.at(i);
      context.beginPath();
      context.arc((column + 0.5) * scale, (line + 0.5) * scale, radius, 0, 7);
      context.fill();
    }
    context.globalAlpha = 1;
    if (page.pixel === null) return;
    const [column, line] = canvas.places.at(page.pixel);
    context.strokeStyle = style("--accent");
    context.lineWidth = Math.max(2, scale / 10);
    context.strokeRect(column * scale, line * scale, scale, scale);
  }
}
