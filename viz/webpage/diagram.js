// The diagram of one model: boxes with a value above and a gradient below, and arrows.

let diagramsMade = 0; // for ids

class Diagram {
  // `choose(index)` is called when a box is clicked.
  constructor(graph, caption, choose) {
    this.graph = graph;
    this.id = `diagram${diagramsMade++}`;
    this.layout = null;
    this.title = svg("title", { id: `${this.id}-title` });
    this.description = svg("desc", { id: `${this.id}-desc` });
    this.svg = svg("svg", {
      class: "diagram", role: "group", "aria-labelledby": `${this.id}-title`,
      "aria-describedby": `${this.id}-desc`, preserveAspectRatio: "xMidYMid meet",
    }, this.title, this.description);
    this.arrows = graph.views.arrows.map(([tail, head, slot]) => this.makeArrow(tail, head, slot));
    this.constants = graph.views.constants.map(([node, slot]) => this.makeConstant(node, slot));
    this.boxes = graph.nodes.map((node, index) => this.makeBox(node, index, choose));
    const group = (name, parts) => svg("g", { class: name }, ...parts);
    this.svg.append(
      group("arrows", this.arrows.map((arrow) => arrow.group)),
      group("constants", this.constants),
      group("boxes", this.boxes.map((box) => box.group)),
      group("texts", this.arrows.map((arrow) => arrow.text)),
    );
    this.caption = html("figcaption", {}, caption);
    this.figure = html("figure", { class: "picture" }, this.caption, this.svg);
  }

  makeArrow(tail, head, slot) {
    const line = svg("path", { class: "line" });
    const tip = svg("polygon", { class: "tip" });
    const group = svg("g", { class: "arrow", "data-tail": tail, "data-head": head, "data-slot": slot }, line, tip);
    return { tail, head, slot, line, tip, group, text: svg("text", { class: "local" }) };
  }

  makeConstant(node, slot) {
    const [width, height] = this.graph.sizes.constant;
    const { text } = this.graph.nodes[node].operands[slot];
    return svg("g", { class: "constant" },
      svg("rect", { width, height }),
      svg("text", { x: width / 2, y: height / 2 + 5 }, text.replace("-", MINUS)));
  }

  makeBox(node, index, choose) {
    const [width, height] = this.graph.sizes.box;
    const band = height / 3;
    const leaf = node.form === undefined;
    const root = index === this.graph.nodes.length - 1;
    const text = (name, x, y, size = {}) => svg("text", { class: name, x, y, ...size });
    const box = {
      frame: svg("rect", { class: "frame", width, height, rx: leaf ? 0 : 9 }),
      band: svg("rect", { class: "band", x: 1, y: band, width: width - 2, height: band }),
      value: text("value", width / 2, band - 7),
      symbol: text("symbol", 7, 1.5 * band + 4.5),
      name: text(node.unnamed ? "name unnamed" : "name", width / 2, 1.5 * band + 5),
      gradient: text("gradient", width / 2, height - 8),
      plus: svg("g", { class: "plus", transform: `translate(${width - 8}, ${height})` },
        svg("rect", { x: -17, y: -11, width: 34, height: 22, rx: 11 }),
        svg("text", { y: 5 }, "+=")),
    };
    const frames = [box.frame];
    if (root) {
      frames.unshift(svg("rect", {
        class: "outer", x: -4, y: -4, width: width + 8, height: height + 8, rx: leaf ? 0 : 12,
      }));
    }
    box.name.textContent = node.short ?? node.name;
    box.group = svg("g", {
      class: `box ${leaf ? "leaf" : "made"}${root ? " root" : ""}`, role: "button",
      tabindex: root ? 0 : -1, "data-node": index,
    }, svg("title", {}, node.name), ...frames, box.band, box.value, box.symbol, box.name, box.gradient, box.plus);
    box.group.addEventListener("click", () => choose(index));
    box.group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        choose(index);
      }
    });
    return box;
  }

  // Put everything in the places of the "wide" or the "narrow" layout.
  arrange(layout) {
    if (this.layout === layout) return;
    this.layout = layout;
    const view = this.graph.views[layout];
    const [width] = this.graph.sizes.box;
    this.frame = view.frame;
    this.svg.dataset.layout = layout;
    const move = (group, [x, y]) => group.setAttribute("transform", `translate(${x}, ${y})`);
    this.graph.views.boxes.forEach((number, place) => {
      if (number < 0) move(this.constants[-1 - number], view.boxes[place]);
      else {
        move(this.boxes[number].group, view.boxes[place]);
        this.boxes[number].x = view.boxes[place][0] + width / 2;
        this.boxes[number].y = view.boxes[place][1] + this.graph.sizes.box[1] / 2;
      }
    });
    view.arrows.forEach(([path, corners, x, y], index) => {
      const arrow = this.arrows[index];
      arrow.line.setAttribute("d", path);
      arrow.tip.setAttribute("points", corners);
      arrow.hasText = x !== undefined;
      if (arrow.hasText) {
        arrow.text.setAttribute("x", x);
        arrow.text.setAttribute("y", y);
      }
    });
  }

  // Show a model.  `shown` says what of it: { values, gradients, plus, from, to, sent } are the
  // node's value or null, its gradient so far, null or "?", who gets a +=, who acts, and along
  // which arrows; `path` are the nodes to point out, or null.
  show(model, scale, shown, selected, path, teller) {
    this.svg.dataset.kind = shown.kind;
    this.graph.nodes.forEach((node, index) => {
      const box = this.boxes[index];
      const value = shown.values[index];
      const gradient = shown.gradients[index];
      const known = typeof gradient === "number" ? gradient : null;
      const [colour, ink] = known === null ? ["", ""] : scale.paint(known);
      setNumber(box.value, value === null ? "" : significant(value), this.graph.sizes.box[0]);
      const below = gradient === "?" ? "?" : known === null ? "" : significant(known);
      setNumber(box.gradient, below, this.graph.sizes.box[0]);
      box.band.setAttribute("fill", colour);
      box.name.style.fill = box.symbol.style.fill = ink;
      const symbol = model.form(index)?.symbol ?? "";
      if (box.symbol.textContent !== symbol || !box.centred) {
        box.symbol.textContent = symbol;
        this.centreName(box);
      }
      const { classList, dataset } = box.group;
      classList.toggle("unknown", known === null);
      classList.toggle("waiting", value === null);
      classList.toggle("active", shown.from === index);
      classList.toggle("target", shown.to.has(index));
      classList.toggle("adds", shown.plus.has(index));
      classList.toggle("chosen", selected === index);
      classList.toggle("dim", path !== null && !path.has(index));
      if (value === null) delete dataset.value;
      else dataset.value = exact(value);
      if (known === null) delete dataset.gradient;
      else dataset.gradient = exact(known);
      box.group.setAttribute("aria-label", this.label(node, index, shown, teller));
      box.group.setAttribute("aria-pressed", selected === index);
    });
    for (const arrow of this.arrows) this.showArrow(arrow, model, scale, shown, path);
    this.title.textContent = `${this.caption.textContent || "Diagram"}: how ${teller.root} is computed`;
    this.description.textContent = this.describe(model, shown, teller);
  }

  showArrow({ tail, head, slot, line, tip, group, text, hasText }, model, scale, shown, path) {
    const partial = model.partials[head]?.[slot] ?? null;
    const done = shown.values[head] !== null;
    const flow = shown.flowed.has(`${head} ${slot}`) ? model.flow(head, slot) : null;
    line.setAttribute("stroke-width", (scale.width(flow) * this.graph.views.thin).toFixed(2));
    const { classList } = group;
    classList.toggle("carries", partial !== null);
    classList.toggle("waiting", !done);
    classList.toggle("forward", shown.kind === "forward" && shown.from === head);
    classList.toggle("backward", shown.sent.has(`${head} ${slot}`));
    classList.toggle("dim", path !== null && !(path.has(tail) && path.has(head)));
    classList.toggle("on-path", path !== null && path.has(tail) && path.has(head));
    text.textContent = hasText && done && partial !== null ? significant(partial) : "";
    text.setAttribute("class", classList.value.replace("arrow", "local"));
  }

  // The symbol of the operation stands left of the name; the name in the middle of the rest.
  centreName(box) {
    const [width] = this.graph.sizes.box;
    box.centred = true;
    const room = box.symbol.textContent ? box.symbol.getComputedTextLength() + 9 : 0;
    box.name.setAttribute("x", (width + room) / 2);
    fitText(box.name, width - room - 6);
  }

  label(node, index, shown, teller) {
    const value = shown.values[index] === null ? "not computed yet" : significant(shown.values[index]);
    const gradient = shown.gradients[index];
    const told = gradient === null ? "no gradient yet" : gradient === "?" ? "gradient hidden" :
      `${teller.gradientName(index)} = ${significant(gradient)}`;
    return `${node.name} = ${value}, ${told}`;
  }

  describe(model, shown, teller) {
    const leaves = this.graph.nodes.filter((node) => node.form === undefined);
    const value = shown.values[model.root];
    const result = value === null ? "" : ` ${teller.root} is ${significant(value)}.`;
    return `${leaves.length} leaves lead to ${teller.root} over ${this.graph.nodes.length - leaves.length} ` +
      `operations.${result} Each box shows its value above and its gradient below its name; each arrow ` +
      "its local derivative. With the arrow keys up and down go from box to box.";
  }
}

// Write a number into a box; one that is too long for it is set closer.
function setNumber(text, written, width) {
  if (text.textContent === written) return;
  text.textContent = written;
  fitText(text, width - 8);
}

function fitText(text, room) {
  text.removeAttribute("textLength");
  if (text.textContent.length < 6 || text.getComputedTextLength() <= room) return;
  text.setAttribute("textLength", room);
  text.setAttribute("lengthAdjust", "spacingAndGlyphs");
}
