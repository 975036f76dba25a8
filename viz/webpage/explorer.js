// The page: one graph, one setting of its leaves, and all that shows it.

const graph = decoded(JSON.parse(byId("graph").textContent));
const given = graph.nodes.map((node) => node.value); // undefined for what is computed
const leaves = [...given];
const teller = new Teller(graph);
const scale = new GradientScale(graph.palette);
const view = new View(byId("pictures"));

const models = [new Model(graph, leaves)];
const diagrams = [new Diagram(graph, "", choose)];
let selected = null;

const walk = new Walk(show);
const quiz = new Quiz(graph, show);
const panel = new Leaves(models[0], given, setLeaf, resetLeaves);

// ---------------------------------------------------------------- what can happen

function setLeaf(index, number) {
  leaves[index] = number;
  recompute();
}

function resetLeaves() {
  given.forEach((number, index) => { leaves[index] = number; });
  scale.reset();
  recompute();
}

function recompute() {
  for (const model of models) model.compute();
  walk.setStory(teller.story(models[0]));
  show();
}

// A box was chosen: to be explained, or to be asked for.
function choose(index) {
  if (quiz.on) {
    quiz.choose(index);
    return;
  }
  selected = selected === index ? null : index;
  show();
}

function unselect() {
  const hadFocus = byId("node").contains(document.activeElement);
  if (hadFocus && selected !== null) diagrams[0].boxes[selected].group.focus();
  selected = null;
  show();
}

function setMode(quizzing) {
  walk.pause();
  quiz.on = quizzing;
  selected = null;
  if (quizzing) {
    quiz.restart();
    setRival("");
  }
  byId("mode-steps").setAttribute("aria-pressed", !quizzing);
  byId("mode-quiz").setAttribute("aria-pressed", quizzing);
  byId("transport").hidden = byId("told").hidden = quizzing;
  byId("quiz").hidden = !quizzing;
  // they would tell the answer
  for (const card of ["node", "sizes"]) byId(card).hidden = quizzing;
  byId("rival").disabled = quizzing;
  show();
  if (quizzing) byId("answer").focus({ preventScroll: true });
}

const asActivation = (value) => (value === "" || value === "none" ? null : Number(value));

function setActivation(value) {
  models[0].activation = asActivation(value);
  recompute();
}

// Compare with another activation; "" for none.
function setRival(value) {
  byId("rival").value = value;
  models.length = diagrams.length = 1;
  if (value !== "") {
    models.push(new Model(graph, leaves, asActivation(value)));
    diagrams.push(new Diagram(graph, "", choose));
  }
  view.setDiagrams(diagrams);
  recompute();
}

// ---------------------------------------------------------------- what is seen

function labels() {
  const names = [byId("activation"), byId("rival")].map((menu) => menu.selectedOptions[0]?.textContent ?? "");
  return models.length > 1 ? names.map((name) => name.replace(" (as written)", "")) : [""];
}

function show() {
  for (const model of models) scale.include(model.gradients);
  const path = selected === null ? null : models[0].pathsToRoot(selected).nodes;
  const seen = models.map((model) => (quiz.on ? quiz.shown(model) : shownAt(model, walk.part)));
  models.forEach((model, which) => {
    diagrams[which].caption.textContent = labels()[which];
    diagrams[which].show(model, scale, seen[which], quiz.on ? quiz.index : selected, path, teller);
  });
  if (quiz.on) quiz.show(models[0], teller);
  else walk.show(models[0], teller);
  panel.show(models[0], seen[0].gradients, teller);
  showNode(models[0], selected, teller, unselect);
  showSizes(graph, models, labels(), scale, teller);
  showComparison(models, labels(), teller);
  const acting = quiz.on ? quiz.index : walk.part.kind === "end" ? null : seen[0].from;
  if (acting !== null) view.reveal(acting);
}

// ---------------------------------------------------------------- keys

function moveFocus(by) {
  const { boxes } = diagrams[0];
  const place = boxes.findIndex((box) => box.group === document.activeElement);
  const next = boxes[Math.min(Math.max((place < 0 ? boxes.length - 1 : place) + by, 0), boxes.length - 1)];
  for (const box of boxes) box.group.setAttribute("tabindex", box === next ? 0 : -1);
  next.group.focus();
  view.reveal(boxes.indexOf(next));
}

const KEYS = {
  ArrowRight: () => walk.step(),
  ArrowLeft: () => walk.goTo(walk.position - 1),
  Home: () => walk.goTo(0),
  End: () => walk.goTo(walk.story.length - 1),
  p: () => walk.playOrPause(),
};
const VIEW_KEYS = {
  Escape: unselect,
  "+": () => view.zoomBy(1.25),
  "=": () => view.zoomBy(1.25),
  "-": () => view.zoomBy(0.8),
  "0": () => view.fit(),
};
const PANS = { ArrowRight: [0.2, 0], ArrowLeft: [-0.2, 0], ArrowDown: [0, 0.2], ArrowUp: [0, -0.2] };

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest?.("input, select, textarea")) return; // they have keys of their own
  const inDiagram = event.target.closest?.("svg.diagram");
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  let action = VIEW_KEYS[key] ?? (quiz.on ? undefined : KEYS[key]);
  if (event.shiftKey && PANS[key]) action = () => view.panByShare(...PANS[key]);
  else if (inDiagram && key === "ArrowUp") action = () => moveFocus(-1);
  else if (inDiagram && key === "ArrowDown") action = () => moveFocus(1);
  if (!action) return;
  event.preventDefault();
  action();
});

// ---------------------------------------------------------------- begin

byId("zoom-in").addEventListener("click", () => view.zoomBy(1.25));
byId("zoom-out").addEventListener("click", () => view.zoomBy(0.8));
byId("zoom-fit").addEventListener("click", () => view.fit());
byId("mode-steps").addEventListener("click", () => setMode(false));
byId("mode-quiz").addEventListener("click", () => setMode(true));

const operations = graph.nodes.filter((node) => node.form !== undefined).length;
const counted = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;
byId("summary").textContent =
  `${counted(graph.nodes.length - operations, "leaf").replace("leafs", "leaves")}, ${counted(operations, "operation")}`;

// with wrt= some operands are named but not drawn
byId("frozen").hidden = !graph.nodes.some(({ operands }) => operands?.some((operand) => operand.name !== undefined));

if (graph.activations.length) {
  const choices = activationChoices(graph);
  const options = (list) => list.map(({ value, name }) => html("option", { value }, name));
  byId("activation").append(...options(choices));
  byId("rival").append(html("option", { value: "" }, "nothing"),
    ...options(choices.map(({ value, name }) => ({ value: value || "none", name }))));
  byId("activation").addEventListener("change", (event) => setActivation(event.target.value));
  byId("rival").addEventListener("change", (event) => setRival(event.target.value));
} else {
  byId("swap").hidden = true;
}
walk.setStory(teller.story(models[0]));
view.setDiagrams(diagrams);
show();
