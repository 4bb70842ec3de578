// Numbers as colors: diverging for weights, one shade for inputs, ten hues for classes.

const themes = matchMedia("(prefers-color-scheme: dark)");

// Hues that people with any kind of color vision tell apart (after Paul Tol's muted scheme), one list for each theme.
const hues = {
  light: ["#332288", "#cc6677", "#117733", "#88ccee", "#882255", "#ddcc77", "#44aa99", "#aa4499", "#999933", "#777777"],
  dark: ["#8f86e8", "#e58292", "#3fae5a", "#88ccee", "#c45a8f", "#ddcc77", "#44c0ad", "#d07cc4", "#b4b44a", "#a0a0a0"],
};
const hue = (index) => hues[themes.matches ? "dark" : "light"][index % 10];

// A color of the style sheet, by its name. They are looked up once for each theme: asking the browser takes long.
const tones = new Map();

function style(name) {
  if (!tones.has(name)) tones.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return tones.get(name);
}

function channels(hex) {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
  return [1, 3, 5].map((at) => parseInt(full.slice(at, at + 2), 16));
}

const mix = (a, b, part) => a.map((value, i) => Math.round(value + (b[i] - value) * part));
const css = ([red, green, blue]) => `rgb(${red},${green},${blue})`;
const packed = ([red, green, blue]) => (255 << 24) | (blue << 16) | (green << 8) | red;

// Tables of 513 colors, from the style sheet, so that there is one place for them; made anew with another theme.
const ramps = { weights: null, shade: null, hot: null };

function makeRamps() {
  tones.clear();
  const [low, zero, high] = ["--low", "--zero", "--high"].map((name) => channels(style(name)));
  const [paper, ink, accent] = ["--plot", "--ink", "--accent"].map((name) => channels(style(name)));
  const ramp = (color) => {
    const steps = Array.from({ length: 513 }, (_, i) => color(i / 512));
    return { css: steps.map(css), packed: Int32Array.from(steps, packed) };
  };
  ramps.weights = ramp((part) => (part < 0.5 ? mix(low, zero, 2 * part) : mix(zero, high, 2 * part - 1)));
  ramps.shade = ramp((part) => mix(paper, ink, part));
  ramps.gray = ramp((part) => mix([0, 0, 0], [255, 255, 255], part));
  ramps.hot = ramp((part) => mix(paper, accent, part));
}

// The place in a table of a value between two ends; values that are no number are at the beginning.
const place = (value, low, high) => {
  const part = (value - low) / (high - low);
  return part > 0 ? (part < 1 ? Math.round(512 * part) : 512) : 0;
};
