// The views below the outputs, one at a time: a list of tabs.

const views = [];

// A view: its name, what its tab says, its elements, and how they are drawn.
function addView(name, title, elements, draw) {
  const tab = make("button", {
    type: "button", role: "tab", id: `tab-${name}`, ariaSelected: "false", tabIndex: -1,
  }, title);
  tab.setAttribute("aria-controls", `view-${name}`);
  const panel = make("section", { role: "tabpanel", id: `view-${name}`, tabIndex: -1, hidden: true }, ...elements);
  panel.setAttribute("aria-labelledby", tab.id);
  tab.addEventListener("click", () => open_view(name));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const at = views.findIndex((view) => view.name === name);
    const next = event.key === "Home" ? 0 : event.key === "End" ? views.length - 1 : step && (at + step + views.length) % views.length;
    if (next === undefined) return;
    event.preventDefault();
    views[next].tab.focus();
    open_view(views[next].name);
  });
  document.querySelector("[role=tablist]").append(tab);
  find("views").append(panel);
  views.push({ name, tab, panel });
  panels.push({ view: name, draw });
}

function open_view(name) {
  page.view = name;
  for (const view of views) {
    const open = view.name === name;
    view.panel.hidden = !open;
    view.tab.ariaSelected = String(open);
    view.tab.tabIndex = open ? 0 : -1;
  }
  changed();
}
