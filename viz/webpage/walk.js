// Walking through the story, position by position, by hand or by itself.

const PAUSE = 1600; // milliseconds between two steps of a play

class Walk {
  // `changed()` is called whenever the position is another one.
  constructor(changed) {
    this.changed = changed;
    this.story = [];
    this.position = 0;
    this.timer = null;
    byId("first").addEventListener("click", () => this.goTo(0));
    byId("back").addEventListener("click", () => this.goTo(this.position - 1));
    byId("next").addEventListener("click", () => this.step());
    byId("last").addEventListener("click", () => this.goTo(this.story.length - 1));
    byId("play").addEventListener("click", () => this.playOrPause());
    byId("position").addEventListener("input", (event) => this.goTo(Number(event.target.value)));
  }

  get part() {
    return this.story[this.position];
  }

  // Take another story, for another setting of the leaves, and stay where the reader is.
  setStory(story) {
    const part = this.part;
    this.story = story;
    const same = story.findIndex((each) => each.kind === part?.kind && each.node === part?.node);
    this.position = same >= 0 ? same : story.length - 1;
    byId("position").max = story.length - 1;
  }

  goTo(position, byItself = false) {
    if (!byItself) this.pause();
    this.position = Math.min(Math.max(position, 0), this.story.length - 1);
    this.changed();
  }

  // From the end a step leads to the beginning: everything is seen first, then how it came about.
  step(byItself = false) {
    const atEnd = this.position === this.story.length - 1;
    this.goTo(atEnd ? 0 : this.position + 1, byItself);
  }

  playOrPause() {
    if (this.timer !== null) {
      this.pause();
      this.changed();
      return;
    }
    this.timer = setInterval(() => {
      if (this.position >= this.story.length - 2) this.pause();
      this.step(true);
    }, PAUSE);
    this.step(true);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
  }

  // ---------------------------------------------------------------- what the panel says

  show(model, teller) {
    const { part, position, story } = this;
    const slider = byId("position");
    const sentence = teller.sentence(model, part);
    slider.value = position;
    slider.setAttribute("aria-valuetext", `${position} of ${story.length - 1}: ${sentence}`);
    byId("counter").textContent = `${position} / ${story.length - 1}`;
    byId("play").textContent = this.timer === null ? "Play" : "Pause";
    byId("first").disabled = byId("back").disabled = position === 0;
    byId("last").disabled = position === story.length - 1;
    byId("walk").dataset.kind = part.kind;
    byId("sentence").textContent = sentence;
    byId("formulas").replaceChildren(...teller.lines(model, part).map(paragraph));
  }
}

// What is to be seen of a model at one part of the story; see `Diagram.show`.
function shownAt(model, part) {
  const nodes = model.graph.nodes.map((_, index) => index);
  const backwards = part.kind === "backward" || part.kind === "end";
  const known = (index) =>
    model.isLeaf(index) || (part.kind === "forward" ? index <= part.node : part.kind !== "start");
  const shown = {
    kind: part.kind,
    values: nodes.map((index) => (known(index) ? model.values[index] : null)),
    gradients: nodes.map(() => null),
    from: part.node ?? (part.kind === "seed" ? model.root : null),
    to: new Set(),
    plus: new Set(),
    sent: new Set(),
    flowed: new Set(),
  };
  if (part.kind === "seed" || backwards) shown.gradients[model.root] = 1;
  for (const step of backwards ? model.steps : []) {
    if (part.kind === "backward" && step.node < part.node) break;
    for (const { slot, operand, before, after } of step.contributions) {
      shown.gradients[operand] = after;
      shown.flowed.add(`${step.node} ${slot}`);
      if (step.node !== part.node) continue;
      shown.to.add(operand);
      shown.sent.add(`${step.node} ${slot}`);
      if (before !== undefined) shown.plus.add(operand);
    }
  }
  if (part.kind === "end") shown.gradients = [...model.gradients];
  return shown;
}
