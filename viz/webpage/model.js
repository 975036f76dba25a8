// The graph, computed: values, local derivatives, gradients.
//
// The arithmetic is that of the table of primitives: KERNELS and `m` are written by Python.

// One graph with one choice of activation; several may share their leaves' numbers.
class Model {
  constructor(graph, leaves, activation = null) {
    this.graph = graph;
    this.leaves = leaves; // a number for each leaf, by its index
    this.activation = activation; // index of what takes the place of all activations, or null
    this.root = graph.nodes.length - 1;
    this.leafOrder = this.leavesByUse();
    this.compute();
  }

  // The leaves in the order in which the computation uses them.
  leavesByUse() {
    const used = new Set();
    for (const node of this.graph.nodes) {
      for (const operand of node.operands ?? []) {
        if (typeof operand === "number" && this.isLeaf(operand)) used.add(operand);
      }
    }
    return used.size ? [...used] : [this.root];
  }

  isLeaf(index) {
    return this.graph.nodes[index].form === undefined;
  }

  // The operation that makes a node; undefined for a leaf.
  form(index) {
    const form = this.graph.forms[this.graph.nodes[index].form];
    if (form === undefined || form.activation === undefined || this.activation === null) return form;
    return this.graph.forms[this.graph.activations[this.activation].form];
  }

  operands(index) {
    return this.graph.nodes[index].operands ?? [];
  }

  // The number in one slot of a node, whether it is a node's or a constant.
  operandValue(operand) {
    return typeof operand === "number" ? this.values[operand] : operand.value;
  }

  compute() {
    const { nodes } = this.graph;
    this.values = new Array(nodes.length);
    this.partials = new Array(nodes.length);
    nodes.forEach((node, index) => {
      if (this.isLeaf(index)) {
        this.values[index] = this.leaves[index];
        this.partials[index] = [];
        return;
      }
      const form = this.form(index);
      const kernel = KERNELS[form.kernel];
      const numbers = node.operands.map((operand) => this.operandValue(operand));
      const value = Number(kernel.value(...numbers));
      this.values[index] = value;
      // null where nothing flows: to a constant, or into the branch that was not chosen
      this.partials[index] = kernel.partials(value, ...numbers).map((partial, slot) =>
        typeof node.operands[slot] !== "number" || (form.chooses && partial === 0) ? null : partial);
    });
    this.propagate();
  }

  // The backward pass, as a list of steps: each node hands its gradient on along its arrows.
  propagate() {
    const adjoints = new Array(this.graph.nodes.length);
    adjoints[this.root] = 1;
    this.steps = [];
    for (let index = this.root; index >= 0; index--) {
      if (adjoints[index] === undefined || this.isLeaf(index)) continue;
      const contributions = [];
      this.operands(index).forEach((operand, slot) => {
        const partial = this.partials[index][slot];
        if (partial === null) return;
        const amount = adjoints[index] * partial;
        const before = adjoints[operand];
        adjoints[operand] = before === undefined ? amount : before + amount;
        contributions.push({ slot, operand, partial, amount, before, after: adjoints[operand] });
      });
      if (contributions.length) this.steps.push({ node: index, adjoint: adjoints[index], contributions });
    }
    this.gradients = Array.from(adjoints, (adjoint) => adjoint ?? 0);
    this.flows = new Map(); // what comes back along the arrow from a slot of a node
    for (const step of this.steps) {
      for (const { slot, amount } of step.contributions) this.flows.set(`${step.node} ${slot}`, amount);
    }
  }

  // What comes back along one arrow; null if nothing can.
  flow(index, slot) {
    return this.flows.get(`${index} ${slot}`) ?? null;
  }

  // The arrows through which a node acts: [consumer, slot], in the order of the backward pass.
  consumers(index) {
    const found = [];
    for (let consumer = this.root; consumer > index; consumer--) {
      this.operands(consumer).forEach((operand, slot) => {
        if (operand === index) found.push([consumer, slot]);
      });
    }
    return found;
  }

  // The nodes on the paths from a node to the root, and how many such paths there are.
  pathsToRoot(index) {
    const counts = new Map([[index, 1]]);
    for (let node = index + 1; node <= this.root; node++) {
      const ways = this.operands(node).reduce((sum, operand) => sum + (counts.get(operand) ?? 0), 0);
      if (ways) counts.set(node, ways);
    }
    return { nodes: new Set(counts.keys()), count: counts.get(this.root) };
  }
}

// JSON has no nan and no inf: Python sends them as strings.  Numbers stay as they are, for the
// way through a text would take the sign from -0.
function decoded(graph) {
  const decode = (part) => {
    if (typeof part.value === "string") part.value = Number(part.value.replace("inf", "Infinity"));
  };
  for (const node of graph.nodes) {
    decode(node);
    for (const operand of node.operands ?? []) if (typeof operand === "object") decode(operand);
  }
  return graph;
}
