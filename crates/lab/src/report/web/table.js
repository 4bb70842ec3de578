// Tables that sort: a click on a heading sorts by it, another one the other way round. A field above the first of them, the
// table of results, leaves the nets whose names hold a text. Without this they are tables.
const said = document.querySelector("[role=status]");

// The number that a cell begins with; none is NaN.
const number = (cell) => parseFloat(cell.textContent.replaceAll(",", "").replaceAll("−", "-"));

// What rows are ordered by: numbers, or in a first column that is not all numbers the names.
function keys(rows, column) {
  const cells = rows.map((row) => row.cells[column]);
  const named = column === 0 && !cells.every((cell) => Number.isFinite(Number(cell.textContent)));
  return cells.map((cell) => (named ? cell.textContent.toLowerCase() : number(cell)));
}

function sort(table, headings, column) {
  const up = headings[column].getAttribute("aria-sort") !== "ascending";
  const sign = up ? 1 : -1;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const by = new Map(keys(rows, column).map((key, i) => [rows[i], key]));
  rows.sort((one, other) => {
    const [a, b] = [by.get(one), by.get(other)];
    if (a !== a || b !== b) return (a !== a) - (b !== b); // what has no number comes last, either way
    return a === b ? 0 : a > b ? sign : -sign;
  });
  for (const heading of headings) heading.removeAttribute("aria-sort");
  headings[column].setAttribute("aria-sort", up ? "ascending" : "descending");
  body.append(...rows);
  said.textContent = `Sorted by ${headings[column].textContent.trim()}, ${up ? "ascending" : "descending"}`;
}

for (const table of document.querySelectorAll("table.sorts")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(table, headings, column));
  });
}

const results = document.querySelector(".results");
if (results.querySelectorAll("tbody tr").length > 3) {
  const filter = document.createElement("input");
  filter.type = "search";
  filter.placeholder = "nets whose names hold …";
  filter.setAttribute("aria-label", "Show nets whose names hold this");
  filter.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase();
    const rows = [...results.querySelectorAll("tbody tr")];
    for (const row of rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    const left = rows.filter((row) => !row.hidden).length;
    said.textContent = `${left} of ${rows.length} nets`;
  });
  results.before(filter);
}
