// Pictures as SVG: what is taken away, and the charts of the page.

const escaped = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

function svgText(width, height, body, title) {
  return `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"` +
    ` font-family="system-ui, sans-serif" font-size="12" role="img"><title>${escaped(title)}</title>${body}</svg>`;
}

function svgElement(text) {
  return document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
}

// An input or weights as rectangles and lines, in a box.
function marksSvg(values, kind, largest, x, y, width, height) {
  const { low, high } = look(kind, largest);
  const number = (value) => Number(value.toFixed(3));
  return marks(values, kind, low, high).map((mark) => mark.line
    ? `<polyline points="${mark.line.map(([u, v]) => `${number(x + u * width)},${number(y + v * height)}`).join(" ")}" fill="none" stroke="${mark.color}" stroke-width="1.5"/>`
    : `<rect x="${number(x + mark.x * width)}" y="${number(y + mark.y * height)}" width="${number(mark.width * width)}" height="${number(mark.height * height)}" fill="${mark.color}"/>`,
  ).join("");
}

// Input and rows as one picture, as they are on the page.
function rowsSvg() {
  const { now } = page;
  const x = input();
  const n = x.length;
  const image = page.samples.form === "image";
  const [w, h] = image ? [96, 96] : [240, 120];
  const all = Math.min(net().outputs, 40);
  const across = image ? Math.min(6, all + 1) : Math.min(3, all + 1);
  const largest = peak(now.rows);
  const parts = [];
  for (let k = -1; k < all; k++) {
    const left = 10 + ((k + 1) % across) * (w + 14);
    const top = 10 + Math.floor((k + 1) / across) * (h + 40);
    const values = k < 0 ? x : now.rows.subarray(k * n, (k + 1) * n);
    parts.push(marksSvg(values, k < 0 ? "input" : "weights", largest, left, top, w, h),
      `<rect x="${left}" y="${top}" width="${w}" height="${h}" fill="none" stroke="${style(now.class === k ? "--accent" : "--line")}"/>`,
      `<text x="${left}" y="${top + h + 15}" fill="${style("--ink")}">${k < 0 ? "input x" : `${escaped(className(k).slice(0, 14))}: ${short(now.y[k])}`}</text>`);
    if (k >= 0) parts.push(`<text x="${left}" y="${top + h + 29}" font-size="10" fill="${style("--soft")}">‖a‖ ${short(now.norms[k])}, ∠ ${degrees(now.angles[k])}</text>`);
  }
  const [width, height] = [across * (w + 14) + 6, Math.ceil((all + 1) / across) * (h + 40) + 10];
  return svgText(width, height, `<rect width="${width}" height="${height}" fill="${style("--paper")}"/>${parts.join("")}`, "An input and the rows of its effective map");
}

// All switches, those that flipped since pin A in color.
function switchesSvg() {
  const parts = [];
  let top = 10;
  const { now, reference } = page;
  for (const layer of net().layers) {
    const places = tiling(layer.shape.length === 1 ? [layer.switches] : layer.shape, 96);
    parts.push(`<text x="10" y="${top + 10}" fill="${style("--soft")}">Layer ${layer.index}: ${escaped(layer.name)}</text>`);
    top += 16;
    for (let unit = 0; unit < layer.switches; unit++) {
      const [x, y] = places.at(unit);
      const open = now.pattern[layer.first + unit];
      const other = open !== reference.pattern[layer.first + unit];
      const color = style(other ? "--accent" : open ? "--soft" : "--line");
      parts.push(`<rect x="${10 + 6 * x}" y="${top + 6 * y}" width="5" height="5" fill="${color}"${other && !open ? ' fill-opacity=".45"' : ""}/>`);
    }
    top += 6 * places.height + 12;
  }
  return svgText(600, top, `<rect width="600" height="${top}" fill="${style("--paper")}"/>${parts.join("")}`, "Switches, open and closed");
}
