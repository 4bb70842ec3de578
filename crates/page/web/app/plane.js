// Slices as pictures: on a canvas, and as SVG.

// Draws the polygons that were found and the decision boundary; what to write beside the colors comes back.
function paintPolygons(context, found, size) {
  const { fills, entries } = paletteOf(found);
  const [s0, s1, t0, t1] = found.window;
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
  return entries;
}

// Draws the three pins, `ratio` pixels of the canvas to one of the page.
function paintPins(context, size, ratio) {
  const [s0, s1, t0, t1] = slice.window;
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
