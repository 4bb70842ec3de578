// What can be taken away: pictures, arrays, and a link to what is shown.

function makeAway() {
  const pictures = {
    rows: ["Input and rows", rowsSvg],
    switches: ["Switches", switchesSvg],
    ray: ["Ray", () => page.ray && raySvg(page.ray, 900, 420)],
    slice: ["Slice", () => slice.found?.vertices && sliceSvg(slice.found)],
  };
  const said = make("p", { className: "quiet", role: "status" });

  async function picture(name, png) {
    const svg = pictures[name][1]();
    if (!svg) return say(said, `There is no ${name} yet: open its view first.`);
    save(`${name}.${png ? "png" : "svg"}`, png ? await toPng(svg) : svg, png ? "image/png" : "image/svg+xml");
    say(said, `Saved ${name}.${png ? "png" : "svg"}.`);
  }

  // Every array on the page, with its name.
  function arrays() {
    const { now, ray } = page;
    const all = {
      x: input(), A: now.rows, c: now.constants, y: now.y, pattern: now.pattern, values: now.values,
      ray_t: ray?.t, ray_outputs: ray?.outputs, ray_layer: ray?.layer, ray_unit: ray?.unit,
      slice_vertices: slice.found?.vertices, slice_offsets: slice.found?.offsets, slice_class: slice.found?.class, slice_norm: slice.found?.norm,
    };
    return Object.entries(all).filter(([, array]) => array);
  }

  const names = make("select", { ariaLabel: "Array" });
  const npy = button("Save .npy", () => {
    const [, array] = arrays().find(([name]) => name === names.value);
    save(`${names.value}.npy`, toNpy(array), "application/octet-stream");
    say(said, `Saved ${names.value}.npy.`);
  });
  const json = button("All as JSON", () => {
    const { name, kind, layers } = net();
    const content = {
      net: name, kind, layers, held: frozen(), class: page.now.class, exact: page.now.exact, residual: page.now.residual,
      ...Object.fromEntries(arrays().map(([key, array]) => [key, { shape: Array.from(array.shape ?? [array.length]), values: Array.from(array) }])),
    };
    save("switchnet.json", JSON.stringify(content), "application/json");
    say(said, "Saved switchnet.json.");
  });
  const copy = button("Copy the link", async () => {
    const hash = await fragment();
    const link = `${location.href.split("#")[0]}#${hash}`;
    history.replaceState(null, "", `#${hash}`);
    try {
      await navigator.clipboard.writeText(link);
      say(said, "The link is copied. It restores the net, the input, the pins and this view in the same file.");
    } catch {
      say(said, "The link is now in the address bar: copy it from there. It restores the net, the input, the pins and this view in the same file.");
    }
  });
  addView("away", "Take away", [
    make("div", { className: "cards" },
      make("div", { className: "card" }, make("h3", {}, "Pictures"),
        ...Object.entries(pictures).map(([name, [title]]) => make("div", { className: "row wide" }, title,
          make("span", { className: "row" },
            button("SVG", () => picture(name, false), { ariaLabel: `${title} as SVG` }),
            button("PNG", () => picture(name, true), { ariaLabel: `${title} as PNG` }))))),
      make("div", { className: "card" }, make("h3", {}, "Arrays"), make("p", { className: "quiet" }, "In double precision, for NumPy or as JSON."),
        make("div", { className: "row" }, names, npy), make("div", { className: "row" }, json)),
      make("div", { className: "card" }, make("h3", {}, "This very state"), make("p", { className: "quiet" }, "A link whose part after # holds the input, the pins, the net and the view."),
        make("div", { className: "row" }, copy))), said], () => {
    const found = arrays().map(([name, array]) => [name, `${name}  [${(array.shape ?? [array.length]).join(", ")}]`]);
    const key = String(found);
    if (names.key === key) return;
    const before = names.value;
    names.key = key;
    names.replaceChildren(...found.map(([name, text]) => make("option", { value: name }, text)));
    if (found.some(([name]) => name === before)) names.value = before;
  });
}
