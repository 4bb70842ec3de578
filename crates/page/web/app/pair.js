// Two nets on the same input: their rows side by side, and the differences of them.

function makePair() {
  const choose = make("select", { id: "beside" });
  choose.addEventListener("change", () => { page.beside = Number(choose.value); changed(); });
  const words = make("p", { className: "number" });
  const table = make("table");
  let rows = [];
  addView("pair", "Two nets", [
    make("label", { className: "row" }, make("span", { className: "quiet" }, "Beside the net shown:"), choose), words,
    make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Rows of two nets" }, table)], draw);

  function build() {
    const others = page.nets.map((of, i) => [of, i]).filter(([of, i]) => i !== page.net && comparable(of, net()));
    choose.replaceChildren(...others.map(([of, i]) => make("option", { value: i }, of.name)));
    table.of = net();
    table.beside = page.beside;
    if (!others.some(([, i]) => i === page.beside)) page.beside = others[0]?.[1] ?? -1;
    choose.value = page.beside;
    choose.parentElement.hidden = others.length === 0;
    if (page.beside < 0) return table.replaceChildren();
    rows = Array.from({ length: Math.min(net().outputs, 40) }, (_, k) => {
      const pictures = [0, 1, 2].map(() => make("canvas", { className: "pixels", ariaHidden: "true" }));
      const numbers = [0, 1, 2].map(() => make("span"));
      const cells = pictures.map((picture, i) => {
        const inside = make("div", { className: "row" }, picture, numbers[i]);
        inside.style.flexWrap = "nowrap";
        picture.style.width = page.samples.form === "image" ? "clamp(2.4rem, 5vw, 4.5rem)" : "clamp(4rem, 12vw, 9rem)";
        return make("td", {}, inside);
      });
      return { pictures, numbers, element: make("tr", {}, make("th", { scope: "row" }, className(k)), ...cells) };
    });
    table.replaceChildren(
      make("thead", {}, make("tr", {}, make("td"), ...[net().name, page.nets[page.beside].name, "difference of rows"].map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...rows.map((row) => row.element)));
  }

  function draw() {
    if (table.of !== net() || table.beside !== page.beside) build();
    if (page.beside < 0) return say(words, "This page has no other net of the same inputs and outputs.");
    const x = input();
    const { now } = page;
    const other = mapOf(x, page.nets[page.beside], []);
    const n = x.length;
    const largest = Math.max(peak(now.rows), peak(other.rows));
    rows.forEach(({ pictures, numbers }, k) => {
      const [a, b] = [now, other].map((map) => map.rows.subarray(k * n, (k + 1) * n));
      const difference = a.map((value, i) => value - b[i]);
      [a, b, difference].forEach((row, i) => paint(pictures[i], row, "weights", largest));
      let [ab, aa, bb] = [0, 0, 0];
      for (let i = 0; i < n; i++) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
      }
      say(numbers[0], short(now.y[k]));
      say(numbers[1], short(other.y[k]));
      say(numbers[2], `cos ${(ab / Math.sqrt(aa * bb)).toFixed(2).replace("-", "−")}`);
    });
    if (now.class === null) return say(words, "");
    const [one, two] = [now, other].map((map) => className(map.class));
    say(words, one === two ? `Both say ${one}, each with weights of its own.` : `${net().name} says ${one}, ${page.nets[page.beside].name} says ${two}.`);
  }
}
