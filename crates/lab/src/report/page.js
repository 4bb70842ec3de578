// The table of results: a click on a heading sorts by it, and a field above leaves the nets whose names hold a text.
// Without this it is a table.
const part = document.querySelector(".results");
const body = part.querySelector("tbody");
const headings = [...part.querySelectorAll("thead th")];

// A name, or the number that a cell begins with; what has none comes last.
function key(row, column) {
  const text = row.cells[column].textContent;
  if (column === 0) return text.toLowerCase();
  return parseFloat(text.replaceAll(",", "").replace("−", "-").replace("e−", "e-"));
}

function sort(column) {
  const up = headings[column].getAttribute("aria-sort") !== "ascending";
  const sign = up ? 1 : -1;
  const rows = [...body.rows].map((row) => [key(row, column), row]);
  rows.sort(([a], [b]) => {
    if (a !== a || b !== b) return (a !== a) - (b !== b);
    return a === b ? 0 : a > b ? sign : -sign;
  });
  for (const heading of headings) heading.removeAttribute("aria-sort");
  headings[column].setAttribute("aria-sort", up ? "ascending" : "descending");
  body.append(...rows.map(([, row]) => row));
}

headings.forEach((heading, column) => {
  const button = document.createElement("button");
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener("click", () => sort(column));
});

const filter = document.createElement("input");
filter.type = "search";
filter.placeholder = "nets whose names hold …";
filter.setAttribute("aria-label", "Show nets whose names hold this");
filter.addEventListener("input", () => {
  const wanted = filter.value.toLowerCase();
  for (const row of body.rows) row.hidden = !key(row, 0).includes(wanted);
});
part.before(filter);
