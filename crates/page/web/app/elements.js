// Short ways to elements and to numbers as texts.

// An element with properties (attributes where there is no such property) and children. Texts are texts: a name of a
// net or a class is never read as HTML.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const find = (id) => document.getElementById(id);

// Writes a text only where it is another, and into the node that is there: this happens in every frame, and most of a
// frame is the layout of texts.
function say(element, text) {
  const { firstChild } = element;
  if (firstChild?.nodeType === Node.TEXT_NODE && !firstChild.nextSibling) {
    if (firstChild.data !== text) firstChild.data = text;
  } else if (element.textContent !== text) element.textContent = text;
}

// Small print is written ten times a second at most: nobody reads faster, and frames stay short.
function seldom(write) {
  let timer = 0;
  return () => {
    timer ||= setTimeout(() => {
      timer = 0;
      write();
    }, 100);
  };
}

// Radio buttons as one control; `change(value)` when another is chosen.
function choice(name, label, options, value, change) {
  const set = make("fieldset", { className: "choice" }, make("legend", { className: "unseen" }, label));
  for (const [key, text] of Object.entries(options)) {
    const input = make("input", { type: "radio", name, value: key, checked: key === value });
    input.addEventListener("change", () => change(key));
    set.append(make("label", {}, input, make("span", {}, text)));
  }
  return set;
}

// A list of names and values; only what is another is written, since this happens in every frame.
function factList() {
  const element = make("dl", { className: "facts" });
  const set = (entries) => {
    while (element.children.length > 2 * entries.length) element.lastChild.remove();
    while (element.children.length < 2 * entries.length) element.append(make("dt"), make("dd"));
    entries.flat().forEach((text, i) => say(element.children[i], text));
  };
  return { element, set };
}

function button(text, click, properties = {}) {
  const element = make("button", { type: "button", ...properties }, text);
  element.addEventListener("click", click);
  return element;
}

// A number in three significant digits, with a true minus sign.
function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(0).replaceAll("-", "−").replace("e+", "e");
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return (size < 0.1 && size > 0 ? value.toPrecision(2) : value.toFixed(digits)).replace("-", "−");
}

const signed = (value) => (value >= 0 ? "+" : "") + short(value);
const count = (value) => value.toLocaleString("en-US");
const counted = (value, one, many) => `${count(value)} ${value === 1 ? one : many}`;
const percent = (part) => `${(100 * part).toFixed(part > 0.9995 || part < 0.0005 ? 0 : 1)} %`;
const degrees = (angle) => (Number.isFinite(angle) ? `${angle.toFixed(1)}°` : "–");
