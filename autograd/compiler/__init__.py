"""The compiler: a function recorded once and run as a numpy program.

Read the files in this order: `watching`, `arguments` and `surroundings` (what a run of the
function shows), `symbols`, `simplifying` and `arrays` (a program of arrays that has not run yet),
`numbering`, `views` and `finding` (from single numbers to arrays), `adjoints` (the reverse pass,
as more of the program), `naming`, `prelude`, `spelling`, `statements`, `buffers` and `writing`
(the program as source), `inputs`, `outputs`, `running`, `describing`, `results`, `recording`,
`compiled` and `vectorizing` (all of it together).
"""

from autograd.compiler.compiled import Compiled, compile
from autograd.compiler.vectorizing import vectorize

__all__ = ["Compiled", "compile", "vectorize"]
