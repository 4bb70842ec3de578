// A slider for each of few features.

function makeSliders(place) {
  const { samples } = page;
  const list = make("div", { className: "sliders" });
  const rows = Array.from(page.x, (_, i) => {
    const [low, high] = samples.ranges?.[i] ?? samples.range;
    const room = (high - low) / 4 || 1;
    const text = make("span", { className: "number" });
    const slider = make("input", {
      type: "range", min: low - room, max: high + room, step: "any", ariaLabel: called(i),
    });
    let moving = false;
    slider.addEventListener("input", () => {
      if (!moving) begin("This move");
      moving = true;
      const x = page.x.slice();
      x[i] = slider.valueAsNumber;
      put(x);
    });
    slider.addEventListener("change", () => (moving = false));
    for (const enter of ["pointerenter", "focus"]) slider.addEventListener(enter, () => look_at(i));
    for (const leave of ["pointerleave", "blur"]) slider.addEventListener(leave, () => look_at(null));
    list.append(make("label", {}, make("span", {}, called(i)), text, slider));
    return { slider, text };
  });
  place.replaceChildren(list, make("div", { className: "row" }, button("Undo", undo)));
  return {
    draw() {
      const x = input();
      rows.forEach(({ slider, text }, i) => {
        if (slider.valueAsNumber !== x[i]) slider.value = x[i];
        say(text, short(x[i]));
      });
    },
  };
}
