"""Graphs that the tests draw, and ways to read a picture back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np

from autograd import Tensor, Value, dot

SVG = "{http://www.w3.org/2000/svg}"


def two_neurons():
    """Build the course's network of two sigmoid neurons, with its gradients."""
    x, w1, b1 = Value(0.1, label="x"), Value(0.15, label="w1"), Value(0.4, label="b1")
    w2, b2, target = Value(0.45, label="w2"), Value(0.65, label="b2"), Value(0.25, label="T")
    z1 = w1 * x + b1
    a1 = z1.sigmoid()
    z2 = w2 * a1 + b2
    a2 = z2.sigmoid()
    error = 0.5 * (target - a2) ** 2
    for node, name in ((z1, "z1"), (a1, "a1"), (z2, "z2"), (a2, "a2"), (error, "E")):
        node.label = name
    error.backward()
    return error


def square():
    """Build x*x, which has two arrows from x."""
    x = Value(3.0, label="x")
    y = x * x
    y.label = "y"
    y.backward()
    return y


def chain(length):
    """Build a graph of exactly `length` values."""
    value = Value(0.5, label="x")
    for _ in range(length - 1):
        value = value.tanh()
    value.backward()
    return value


def network(sizes):
    """Build a network whose nodes carry scopes, as `nn` sets them."""
    values = [Value(0.1 * i - 0.2, label=f"x{i}") for i in range(sizes[0])]
    for layer, size in enumerate(sizes[1:], start=1):
        outputs = []
        for neuron in range(size):
            weights = [Value(0.01 * (i + neuron + 1), label=f"w[{i}]") for i in range(len(values))]
            bias = Value(0.1, label="b")
            total = dot(weights, values, bias)
            out = total.tanh()
            for node in (*weights, bias, total, out):
                node.scope = f"layer {layer} / neuron {neuron}"
            outputs.append(out)
        values = outputs
    root = values[0]
    for value in values[1:]:
        root = root + value
    root.backward()
    return root


def dense():
    """Build tanh(W @ x + b).sum() over small arrays, with its gradients."""
    w = Tensor([[0.5, -1.2, 0.3], [0.8, 0.1, -0.4]], label="W")
    x, b = Tensor([1.0, 2.0, 3.0], label="x"), Tensor([0.1, -0.2], label="b")
    z = w @ x + b
    y = z.tanh().sum()
    z.label, y.label = "z", "y"
    y.backward()
    return y


def line_fit():
    """Build the mean square error of w*x: a Value, and data that is no part of the graph."""
    w = Value(1.5, label="w")
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 4.0, 6.0, 8.0])
    loss = ((w * x - y) ** 2).mean()
    loss.label = "loss"
    loss.backward()
    return loss


def softmax_classifier():
    """Build two layers on a batch of three, and the cross-entropy of their probabilities."""
    rng = np.random.default_rng(0)
    x = Tensor(rng.normal(size=(3, 4)), label="X")
    w1, b1 = Tensor(rng.normal(size=(4, 5)), label="W1"), Tensor(np.zeros(5), label="b1")
    w2, b2 = Tensor(rng.normal(size=(5, 3)), label="W2"), Tensor(np.zeros(3), label="b2")
    hidden = (x @ w1 + b1).relu()
    probabilities = (hidden @ w2 + b2).softmax()
    loss = -(probabilities[np.arange(3), np.array([0, 2, 1])].log()).mean()
    for node, name in ((hidden, "h"), (probabilities, "p"), (loss, "loss")):
        node.label = name
    loss.backward()
    return loss


def deep_network(layers):
    """Build a network of Tensors whose nodes carry scopes, five to a layer."""
    rng = np.random.default_rng(0)
    outputs = Tensor(rng.normal(size=(3, 4)), label="X")
    for layer in range(layers):
        kernel = Tensor(rng.normal(size=(4, 4)), label="kernel")
        bias = Tensor(np.zeros(4), label="bias")
        product = outputs @ kernel
        total = product + bias
        outputs = total.tanh()
        for node in (kernel, bias, product, total, outputs):
            node.scope = f"layer {layer}"
    root = outputs.mean()
    root.backward()
    return root


def parse(svg):
    """Parse an SVG document; a picture that is not XML fails here."""
    return ElementTree.fromstring(svg)


def texts(svg):
    """All texts of a picture, in document order."""
    return ["".join(element.itertext()) for element in parse(svg).iter(f"{SVG}text")]


def groups(svg, kind):
    """The parts of a picture whose class holds `kind`."""
    return [g for g in parse(svg).iter(f"{SVG}g") if kind in g.get("class", "").split()]


_TOKEN = re.compile(r'\s+|//[^\n]*|"(?:\\.|[^"\\])*"|->|[A-Za-z_0-9.\-]+|[{}\[\]=;,:]', re.DOTALL)


def dot_tokens(source):
    """Read DOT as its grammar says: identifiers, quoted strings, nested <html> strings."""
    tokens, place = [], 0
    while place < len(source):
        if source[place] == "<":
            depth, end = 0, place
            while True:
                depth += {"<": 1, ">": -1}.get(source[end], 0)
                end += 1
                if depth == 0:
                    break
            tokens.append(("html", source[place + 1 : end - 1]))
            place = end
            continue
        match = _TOKEN.match(source, place)
        assert match is not None, f"not DOT at {source[place : place + 40]!r}"
        if match[0].strip() and not match[0].startswith("//"):
            tokens.append(("token", match[0]))
        place = match.end()
    return tokens


def dot_statements(source):
    """The names of the nodes, the (tail, head) pairs and all attributes of a DOT source."""
    tokens = dot_tokens(source)
    nodes, edges, attributes = [], [], []
    place, statement = 0, []
    while place < len(tokens):
        kind, text = tokens[place]
        if (kind, text) == ("token", "["):
            place += 1
            found = {}
            while tokens[place] != ("token", "]"):
                assert tokens[place + 1] == ("token", "="), tokens[place : place + 3]
                found[tokens[place][1]] = tokens[place + 2]
                place += 3
            names = [text for _, text in statement]
            if "->" in names:
                assert len(names) == 3, names
                edges.append((names[0], names[2]))
            elif names[-1] not in ("graph", "node", "edge"):
                nodes.append(names[-1])
            attributes.append(found)
            statement = []
        elif (kind, text) in (("token", "{"), ("token", "}")):
            statement = []
        else:
            statement.append((kind, text))
        place += 1
    return nodes, edges, attributes


def html_text(markup):
    """The texts of an HTML-like label; markup that is not well formed fails here."""
    root = ElementTree.fromstring(f"<label>{markup}</label>")
    return [_unescaped(text) for text in root.itertext() if text]


def _unescaped(text):
    """Read backslashes as Graphviz does: a pair is one, and any other is a command."""
    assert "\\" not in text.replace("\\\\", "")
    return text.replace("\\\\", "\\")


def printed_with_hash_seed(seed, script):
    """What a script prints in a Python of its own, with another order of sets and hashes."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout
