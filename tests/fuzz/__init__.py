"""Random graphs over every primitive, carried out in every way there is and by PyTorch.

``python -m tests.fuzz --minutes 10 --seed 3`` looks for differences, ``--replay 3:17``
shows one again.
"""
