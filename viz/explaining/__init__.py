"""The chain rule for one derivative, in words and numbers; `explanation` begins.

- `explanation`: what `explain` returns; `factors`, `badges`: its factors, and what is said of them
- `paths`: counted, ranked, added up; `path_listing`, `path_latex`: written down
- `pass_listing`: the pass as a worked exercise, and node by node
- `array_paths`, `array_listing`, `array_rules`: the same for Tensors
- `sheet`: lines in columns, for the terminal and for a notebook
"""
