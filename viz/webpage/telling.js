// The story of a computation in words: what happens in each step, and why a gradient is what it is.
//
// A line is { main, note }: a formula with its numbers, and where one of its factors comes from.

class Teller {
  constructor(graph) {
    this.names = graph.nodes.map((node) => node.name);
    this.root = this.names.at(-1);
  }

  gradientName(index) {
    return derivative(this.root, this.names[index]);
  }

  // What the operand in a slot is called; a constant is its own name.
  operandName(model, index, slot) {
    const operand = model.operands(index)[slot];
    return typeof operand === "number" ? this.names[operand] : operand.name ?? operand.text;
  }

  withNames(model, index, formula) {
    return filled(formula, (slot) =>
      slot === "out" ? this.names[index] : this.operandName(model, index, slot));
  }

  withNumbers(model, index, formula) {
    return filledWithNumbers(formula, (slot) =>
      slot === "out" ? model.values[index] : model.operandValue(model.operands(index)[slot]));
  }

  // name = formula = formula with numbers = number, without saying anything twice
  equation(name, model, index, formula, number) {
    const parts = [name, this.withNames(model, index, formula), this.withNumbers(model, index, formula)];
    parts.push(significant(number));
    return parts.filter((part, place) => part !== parts[place - 1] && !sameNumber(part, parts[place - 1]))
      .join(" = ");
  }

  // z = w·x = 0.5·2 = 1
  value(model, index) {
    const name = this.names[index];
    const form = model.form(index);
    if (!form) return { main: `${name} = ${significant(model.values[index])}` };
    return { main: this.equation(name, model, index, form.value, model.values[index]) };
  }

  localName(model, index, slot) {
    const name = derivative(this.names[index], this.operandName(model, index, slot), "∂");
    const operands = model.operands(index);
    const operand = operands[slot];
    if (typeof operand !== "number" || operands.indexOf(operand) === operands.lastIndexOf(operand)) return name;
    const place = operands.slice(0, slot + 1).filter((each) => each === operand).length;
    return `${name} (place ${place})`;
  }

  // ∂a/∂z = a·(1 − a) = 0.6·(1 − 0.6) = 0.24
  local(model, index, slot) {
    const formula = model.form(index).partials[slot];
    const name = this.localName(model, index, slot);
    const partial = model.partials[index][slot];
    if (partial === null) return `${name}: not chosen, nothing flows`;
    return this.equation(name, model, index, formula, partial);
  }

  // dE/dz = dE/da · ∂a/∂z = 0.5 · 0.24 = 0.12
  contribution(model, consumer, { slot, operand, partial, amount, before, after }) {
    const gradient = model.gradients[consumer];
    const first = before === undefined;
    const sum = first ? "" : `, and ${significant(before)} + ${factor(amount)} = ${significant(after)}`;
    return {
      main: `${this.gradientName(operand)} ${first ? "=" : "+="} ${this.gradientName(consumer)} · ` +
        `${this.localName(model, consumer, slot)} = ${factor(gradient)} · ${factor(partial)} = ` +
        `${significant(amount)}${sum}`,
      note: this.local(model, consumer, slot),
    };
  }

  // Why a gradient is what it is: the sum over the consumers.
  reasons(model, index) {
    const name = this.gradientName(index);
    if (index === model.root) return [{ main: `${name} = 1`, note: "the seed of the backward pass" }];
    const all = model.consumers(index).filter(([consumer, slot]) => model.flow(consumer, slot) !== null);
    if (!all.length) return [{ main: `${name} = 0`, note: "no arrow brings anything back" }];
    const lines = all.map(([consumer, slot]) => {
      const amount = model.flow(consumer, slot);
      const partial = model.partials[consumer][slot];
      return {
        main: `${this.gradientName(consumer)} · ${this.localName(model, consumer, slot)} = ` +
          `${factor(model.gradients[consumer])} · ${factor(partial)} = ${significant(amount)}`,
        note: this.local(model, consumer, slot),
      };
    });
    if (lines.length === 1) return [{ ...lines[0], main: `${name} = ${lines[0].main}` }];
    const amounts = all.map(([consumer, slot]) => factor(model.flow(consumer, slot)));
    const shown = amounts.length > 8 ? [...amounts.slice(0, 6), "…", amounts.at(-1)] : amounts;
    return [...lines, { main: `${name} = ${shown.join(" + ")} = ${significant(model.gradients[index])}` }];
  }

  // ---------------------------------------------------------------- steps

  // The whole story: what is told at each position of the slider.
  story(model) {
    const forward = this.names.map((_, index) => index).filter((index) => !model.isLeaf(index));
    return [
      { kind: "start" },
      ...forward.map((node) => ({ kind: "forward", node })),
      { kind: "seed" },
      ...model.steps.map((step, number) => ({ kind: "backward", node: step.node, number })),
      { kind: "end" },
    ];
  }

  sentence(model, part) {
    const name = this.names[part.node];
    if (part.kind === "start") {
      const leaves = model.leafOrder.map((index) => this.names[index]);
      return leaves.length === 1 ? `The leaf ${leaves[0]} is given.` : `The leaves are given: ${listed(leaves)}.`;
    }
    if (part.kind === "forward") {
      const operands = model.operands(part.node).filter((operand) => typeof operand === "number");
      const names = operands.map((operand) => this.names[operand]);
      const verb = new Set(names).size === 1 ? "is" : "are";
      return `Forward: ${listed(names)} ${verb} known, so ${name} can be computed.`;
    }
    if (part.kind === "seed") {
      return `Seed: the gradient of ${this.root} by itself is 1; from here gradients flow back.`;
    }
    if (part.kind === "backward") {
      const { contributions } = model.steps[part.number];
      const names = contributions.map(({ operand }) => this.names[operand]);
      const again = contributions.filter(({ before }) => before !== undefined);
      const each = contributions.length > 1 ? "each time" : "";
      const added = again.length
        ? `; ${listed(again.map(({ operand }) => this.names[operand]))} had a part before: the new one is added (+=)`
        : "";
      return `Backward: ${name} hands its gradient on to ${listed(names)}, ` +
        `${each ? "each" : ""}${each ? " " : ""}times the local derivative${added}.`;
    }
    return `All is computed: ${this.root} = ${significant(model.values[model.root])}. ` +
      "Step to see how, or drag a leaf to see what if.";
  }

  lines(model, part) {
    if (part.kind === "forward") return [this.value(model, part.node)];
    if (part.kind === "seed") return [{ main: `${this.gradientName(model.root)} = 1` }];
    if (part.kind === "backward") {
      const { contributions } = model.steps[part.number];
      return contributions.map((each) => this.contribution(model, part.node, each));
    }
    return [];
  }
}

function sameNumber(text, other) {
  const [number, before] = [text, other ?? ""].map(numberIn);
  return number !== undefined && number === before;
}

// A line as a paragraph.
function paragraph({ main, note }) {
  const parts = [html("span", { class: "main" }, main)];
  if (note) parts.push(html("span", { class: "note" }, note));
  return html("p", { class: "formula" }, ...parts);
}
