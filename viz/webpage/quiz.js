// The quiz: gradients are hidden, one is asked for, and the answer comes with its reasoning.

const TOLERANCE = 0.01; // relative: three digits are enough

class Quiz {
  // `changed()` is called whenever another question is asked or one is answered.
  constructor(graph, changed) {
    this.changed = changed;
    this.order = graph.nodes.map((_, index) => index).reverse().slice(1); // as the gradients come
    this.right = this.asked = 0;
    this.on = false;
    byId("quiz").addEventListener("submit", (event) => {
      event.preventDefault();
      this.check();
    });
    byId("another").addEventListener("click", () => this.next());
    this.restart();
  }

  restart() {
    this.known = new Set(); // whose gradients are to be seen
    this.ask(this.order[0] ?? 0);
  }

  ask(index) {
    this.index = index;
    this.verdict = null;
    byId("answer").value = "";
  }

  // Ask for a box that was chosen.
  choose(index) {
    this.ask(index);
    this.changed();
    byId("answer").focus({ preventScroll: true });
  }

  // Ask for the next one on the way back, and begin again when all are known.
  next() {
    if (this.order.every((index) => this.known.has(index))) this.known.clear();
    const place = this.order.indexOf(this.index);
    const turned = [...this.order.slice(place + 1), ...this.order.slice(0, place + 1)];
    this.choose(turned.find((index) => !this.known.has(index)) ?? this.order[0] ?? 0);
  }

  check() {
    if (this.verdict?.final) return;
    const answer = numberIn(byId("answer").value);
    if (answer === undefined) {
      this.verdict = { words: "Type a number, such as 0.25 or 2.5e-3.", kind: "unclear" };
      this.changed();
      return;
    }
    const gradient = this.model.gradients[this.index];
    const isRight = Number.isFinite(gradient)
      ? Math.abs(answer - gradient) <= TOLERANCE * Math.abs(gradient)
      : Object.is(answer, gradient);
    this.asked += 1;
    this.right += isRight ? 1 : 0;
    this.known.add(this.index);
    this.verdict = { words: isRight ? "Right." : "Not quite.", kind: isRight ? "right" : "wrong", final: true };
    this.changed();
  }

  // What of a model is to be seen while the quiz is on.
  shown(model) {
    const all = shownAt(model, { kind: "end" });
    return {
      ...all,
      gradients: all.gradients.map((gradient, index) =>
        index === model.root || this.known.has(index) ? gradient : "?"),
      flowed: new Set(),
      to: new Set([this.index]),
    };
  }

  show(model, teller) {
    this.model = model;
    byId("question").textContent = `How large is ${teller.gradientName(this.index)}? (1 % is close enough)`;
    byId("check").disabled = Boolean(this.verdict?.final);
    byId("answer").readOnly = Boolean(this.verdict?.final);
    byId("answer").setAttribute("aria-invalid", this.verdict?.kind === "unclear");
    byId("score").textContent = this.asked ? `${this.right} of ${this.asked} right` : "";
    const parts = [];
    if (this.verdict) {
      parts.push(html("p", { class: `verdict ${this.verdict.kind}` }, this.verdict.words));
      if (this.verdict.final) parts.push(...teller.reasons(model, this.index).map(paragraph));
    }
    byId("verdict").replaceChildren(...parts);
  }
}
