// The cards under the diagram: leaves to drag, one node explained, sizes, and a comparison.

// ---------------------------------------------------------------- what if

// 1, 2 or 5 times a power of ten, at least as large as a number.
function niceAbove(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= size * (1 - 1e-12));
}

class Leaves {
  // `set(index, number)` is called when the user gives a leaf another number.
  constructor(model, start, set, reset) {
    this.rows = new Map(model.leafOrder.map((index) =>
      [index, this.makeRow(model.graph.nodes[index], index, start[index], set)]));
    const longest = Math.max(...[...this.rows.keys()].map((index) => model.graph.nodes[index].name.length));
    byId("leaves").style.setProperty("--name", `${Math.min(Math.max(longest, 2), 9) + 1}ch`);
    byId("leaves").replaceChildren(...[...this.rows.values()].map((row) => row.item));
    byId("reset").addEventListener("click", () => {
      for (const [index, row] of this.rows) setRange(row.slider, start[index]);
      reset();
    });
  }

  makeRow(node, index, start, set) {
    const id = `leaf${index}`;
    const slider = html("input", { type: "range", "aria-label": node.name, "data-leaf": index });
    const field = html("input", { type: "number", step: "any", id, "data-leaf": index });
    const gradient = html("output", { class: "gradient" });
    setRange(slider, start);
    slider.addEventListener("input", () => set(index, slider.valueAsNumber));
    field.addEventListener("input", () => {
      if (field.value === "") return; // nothing yet, or not yet a number
      setRange(slider, field.valueAsNumber, true);
      set(index, field.valueAsNumber);
    });
    const item = html("li", {}, html("label", { for: id }, node.name), slider, field, gradient);
    return { item, slider, field, gradient };
  }

  show(model, gradients, teller) {
    for (const [index, { slider, field, gradient }] of this.rows) {
      const value = model.values[index];
      slider.valueAsNumber = Number.isFinite(value) ? value : 0;
      slider.setAttribute("aria-valuetext", significant(value));
      if (field !== document.activeElement || field.value === "") {
        field.value = Number.isFinite(value) ? String(Number(value.toPrecision(5))) : "";
      }
      field.placeholder = Number.isFinite(value) ? "" : exact(value);
      const known = gradients[index];
      gradient.value = known === "?" ? "?" : known === null ? "" : significant(known);
      gradient.setAttribute("aria-label", `${teller.gradientName(index)} = ${gradient.value}`);
    }
  }
}

// Let a slider reach as far to both sides as its number asks for, and in small steps.
function setRange(slider, number, keep = false) {
  const size = Number.isFinite(number) ? Math.abs(number) : 0;
  if (keep && size <= Number(slider.max)) return;
  const reach = niceAbove(Math.max(2, 4 * size));
  slider.min = -reach;
  slider.max = reach;
  slider.step = reach / 400;
}

// ---------------------------------------------------------------- one node

function showNode(model, index, teller, close) {
  if (index === null) {
    fillCard([
      html("h2", { id: "node-title" }, "One box"),
      html("p", { class: "hint" }, "Choose a box in the diagram to see its formula, its local derivatives and where its gradient comes from."),
    ]);
    return;
  }
  const { scope } = model.graph.nodes[index];
  const form = model.form(index);
  const { nodes, count } = model.pathsToRoot(index);
  const button = html("button", { class: "corner", "aria-label": "Close", title: "Close (Esc)" }, "×");
  button.addEventListener("click", close);
  const parts = [html("h2", { id: "node-title" }, teller.names[index]), button];
  const section = (title, ...content) => parts.push(html("h3", {}, title), ...content);
  const kind = form ? `${form.name}: ${form.doc}` : "A leaf: its number is given.";
  parts.push(html("p", { class: "hint" }, scope ? `${scope}. ${kind}` : kind));
  section("Value", paragraph(teller.value(model, index)));
  if (form) {
    section("Local derivatives", ...model.operands(index).flatMap((operand, slot) =>
      typeof operand === "number" ? [paragraph({ main: teller.local(model, index, slot) })] : []));
  }
  section(`Gradient: the sum over what uses ${teller.names[index]}`, ...teller.reasons(model, index).map(paragraph));
  if (index !== model.root) {
    const names = [...nodes].map((node) => teller.names[node]);
    const shown = names.length > 10 ? [...names.slice(0, 5), "…", ...names.slice(-4)] : names;
    const way = count === 1 ? shown.join(" → ") : `${count} paths, over ${names.length - 2} boxes`;
    section(`Way to ${teller.root}`, html("p", { class: "formula" }, way));
  }
  fillCard(parts);
}

// A card that says the same as before stays: it would be read out again.
function fillCard(parts) {
  const card = byId("node");
  const text = parts.map((part) => part.textContent).join("");
  if (card.textContent !== text) card.replaceChildren(...parts);
}

// ---------------------------------------------------------------- sizes

// The largest gradient among some leaves; nan if there is one.
function largest(gradients) {
  return gradients.some(Number.isNaN) ? NaN : Math.max(...gradients.map(Math.abs));
}

// A bar a layer, or a bar a leaf if there is only one layer; for each model.
function showSizes(graph, models, labels, scale, teller) {
  byId("legend").replaceChildren(legend(scale));
  const leaves = models[0].leafOrder;
  const groups = graph.layers.length
    ? graph.layers
    : leaves.slice(0, 24).map((index) => ({ name: teller.names[index], leaves: [index] }));
  byId("bars").replaceChildren(
    html("p", { class: "hint" }, graph.layers.length
      ? "The largest gradient among the leaves of each layer, on the scale above."
      : "The gradient of each leaf, on the scale above."),
    html("ul", {}, ...groups.map(({ name, leaves: members }) =>
      html("li", { title: listed(members.map((index) => teller.names[index])) },
        html("span", { class: "name" }, name),
        ...models.map((model, which) => bar(largest(members.map((index) => model.gradients[index])), labels[which], scale))))));
}

function bar(size, label, scale) {
  const finite = Number.isFinite(size);
  const share = size === 0 ? 0 : finite ? 0.04 + 0.96 * scale.position(size) : 1;
  const filled = svg("rect", { width: 200 * share, height: 16, fill: scale.paint(size)[0] });
  const track = svg("svg", { viewBox: "0 0 200 16", preserveAspectRatio: "none", "aria-hidden": true },
    svg("rect", { class: "track", width: 200, height: 16 }), filled);
  return html("span", { class: "bar", "data-size": exact(size) }, track,
    html("span", { class: "number" }, `${label ? `${label} ` : ""}${significant(size)}`));
}

// ---------------------------------------------------------------- activations

// What can be computed with: first what the expression says, then each activation in all places.
function activationChoices(graph) {
  const used = [...new Set(graph.nodes.map((node) => graph.forms[node.form]?.activation))]
    .filter((activation) => activation !== undefined);
  const written = used.map((activation) => graph.activations[activation].name).join(" and ");
  const choices = [{ value: "", name: `${written} (as written)` }];
  graph.activations.forEach(({ name }, index) => {
    if (used.length > 1 || used[0] !== index) choices.push({ value: String(index), name });
  });
  return choices;
}

// Two models side by side: the root, and the gradient of each leaf.
function showComparison(models, labels, teller) {
  if (models.length < 2) {
    byId("comparison").replaceChildren();
    byId("comparison").hidden = true;
    return;
  }
  byId("comparison").hidden = false;
  const [one, other] = models;
  const row = (tag, ...cells) => html("tr", {}, ...cells.map((cell, place) =>
    html(place ? tag : "th", place ? {} : { scope: "row" }, cell)));
  const ratio = (a, b) => (a === 0 || b === 0 || !Number.isFinite(b / a) ? "—" : `× ${significant(b / a, 3)}`);
  const line = (name, a, b) => row("td", name, significant(a), significant(b), ratio(a, b));
  byId("comparison").replaceChildren(html("table", {},
    html("thead", {}, html("tr", {}, ...["", ...labels, ""].map((text) => html("th", { scope: "col" }, text)))),
    html("tbody", {},
      line(teller.root, one.values[one.root], other.values[other.root]),
      ...one.leafOrder.map((index) => line(teller.gradientName(index), one.gradients[index], other.gradients[index])))));
}
