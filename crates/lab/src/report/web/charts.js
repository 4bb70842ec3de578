// The numbers of charts: at the pointer or the finger, and where a chart has the focus, step by step with the arrow keys.
// They stand in the charts as titles, which a browser shows by itself; here the nearest is found, however small it is.
const tip = document.createElement("div");
tip.className = "tip";
tip.setAttribute("aria-hidden", "true"); // what keys reach is announced besides
const ring = document.createElement("div");
ring.className = "ring";
for (const part of [tip, ring]) {
  part.hidden = true;
  document.body.append(part);
}

// Shows again what is shown, where it is now.
let again = null;

function hide() {
  tip.hidden = ring.hidden = true;
  again = null;
}

// Series of spots: a text, and a box in the units of the chart, which is empty for a point.
function read(svg) {
  return [...svg.querySelectorAll(".values > g")].map((series) => [...series.children].map((element) => {
    const title = element.querySelector("title");
    const of = (name) => Number(element.getAttribute(name) ?? 0);
    title.remove(); // or the browser would say it too
    const x = of("cx") + of("x");
    const y = of("cy") + of("y");
    return { text: title.textContent, x, y, right: x + of("width"), below: y + of("height") };
  }));
}

const middle = (spot) => (spot.x + spot.right) / 2;

for (const box of document.querySelectorAll(".plot > div")) {
  const svg = box.querySelector("svg");
  if (!svg.querySelector(".values")) continue;
  let series;
  let at = [0, 0]; // series and spot

  const all = () => (series ??= read(svg));
  const place = () => {
    const frame = svg.getBoundingClientRect();
    return { frame, scale: frame.width / svg.viewBox.baseVal.width };
  };

  function show(spot) {
    const { frame, scale } = place();
    const [x, y, right, below] = [frame.x + scale * spot.x, frame.y + scale * spot.y, frame.x + scale * spot.right, frame.y + scale * spot.below];
    // What was scrolled out of sight is not said.
    const sight = box.getBoundingClientRect();
    const [across, up] = [(x + right) / 2, (y + below) / 2];
    if (across < sight.left || across > sight.right || up < 0 || up > innerHeight) return hide();
    again = () => show(spot);
    const wide = right > x ? right - x : 12;
    const high = below > y ? below - y : 12;
    ring.hidden = tip.hidden = false;
    ring.classList.toggle("box", right > x);
    Object.assign(ring.style, { left: `${across - wide / 2}px`, top: `${up - high / 2}px`, width: `${wide}px`, height: `${high}px` });
    tip.textContent = spot.text;
    // Above it, below it where there is no room, and never outside of the window.
    const { width, height } = tip.getBoundingClientRect();
    const top = up - high / 2 - height - 8;
    const left = Math.min(Math.max(across - width / 2, 8), document.documentElement.clientWidth - width - 8);
    Object.assign(tip.style, { left: `${Math.max(left, 8)}px`, top: `${top < 8 ? up + high / 2 + 8 : top}px` });
  }

  // The spot nearest to a place in the window, no farther than a finger is wide.
  function nearest(clientX, clientY) {
    const { frame, scale } = place();
    const [x, y] = [(clientX - frame.x) / scale, (clientY - frame.y) / scale];
    let best = (28 / scale) ** 2;
    let found = null;
    all().forEach((spots, s) => spots.forEach((spot, i) => {
      const across = Math.max(spot.x - x, 0, x - spot.right);
      const up = Math.max(spot.y - y, 0, y - spot.below);
      const distance = across * across + up * up;
      if (distance <= best) [best, found] = [distance, [s, i]];
    }));
    return found;
  }

  function point(event) {
    const found = nearest(event.clientX, event.clientY);
    if (!found) return hide();
    at = found;
    show(all()[at[0]][at[1]]);
  }

  function step(key) {
    const [s, i] = at;
    const last = all()[s].length - 1;
    if (key === "Home") return [s, 0];
    if (key === "End") return [s, last];
    if (key === "ArrowLeft") return [s, Math.max(i - 1, 0)];
    if (key === "ArrowRight") return [s, Math.min(i + 1, last)];
    const next = Math.min(Math.max(s + (key === "ArrowUp" ? -1 : 1), 0), all().length - 1);
    if (next === s) return at;
    // In another series, what lies in the same place across.
    const far = (spot) => Math.abs(middle(spot) - middle(all()[s][i])) + Math.abs(spot.y - all()[s][i].y) * 1e-3;
    return [next, all()[next].reduce((best, spot, k, spots) => (far(spot) < far(spots[best]) ? k : best), 0)];
  }

  function choose(to) {
    at = to;
    const spot = all()[at[0]][at[1]];
    // A chart that scrolls shows what is said of it.
    const { frame, scale } = place();
    const { x, width } = box.getBoundingClientRect();
    const where = frame.x + scale * middle(spot) - x;
    if (where < 24 || where > width - 24) box.scrollLeft += where - width / 2;
    show(spot);
    said.textContent = spot.text;
  }

  box.parentElement.dataset.read = "";
  box.setAttribute("role", "application");
  box.setAttribute("aria-roledescription", "chart");
  box.setAttribute("aria-label", `${svg.getAttribute("aria-label")}. Arrow keys step through its numbers`);
  box.addEventListener("pointermove", point);
  box.addEventListener("pointerdown", point);
  box.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });
  box.addEventListener("focus", () => { if (box.matches(":focus-visible")) choose(at); });
  box.addEventListener("blur", hide);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return hide();
    if (!/^(Arrow|Home$|End$)/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    choose(step(event.key));
  });
}
addEventListener("scroll", () => again?.(), { passive: true, capture: true });
addEventListener("resize", () => again?.());
addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
