"""The chain rule for one derivative, in words and numbers; `explanation` begins.

- `explanation`: what `explain` returns
- `factors`: its factors, their names and formulas
- `badges`, `ranking`: what is said of a factor, and which of them did it
- `paths`: counted, ranked, added up; `path_listing`, `path_latex`: written down
- `steps_listing`: the pass as a worked exercise; `sums_listing`: node by node
- `legend`: what the values without a label are; `shortening`: formulas cut to a line
- `array_paths`, `array_listing`, `array_rules`: the same for Tensors
- `sheet`: lines in columns, for the terminal and for a notebook
"""
