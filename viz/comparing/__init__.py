"""Two passes of one graph side by side; `comparison` begins.

- `comparison`: the diagram and the table; `changes`: what became of one node
- `snapshots`: a graph as it was, before a step overwrites its leaves
"""
