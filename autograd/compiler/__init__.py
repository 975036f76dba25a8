"""The compiler: a function recorded once and run as a numpy program.

Read the files in this order: `watching` and `arguments` (what a run of the function shows),
`numbering` and `finding` (from single numbers to arrays), `arrays` and `adjoints` (the program
as symbols, forward and backward), `writing` (the program as source), `recording` and
`compiled` (all of it together).
"""

from autograd.compiler.compiled import Compiled, compile
from autograd.compiler.vectorizing import vectorize

__all__ = ["Compiled", "compile", "vectorize"]
