"""A pass, step by step, as pictures; `animation` begins.

- `animation`: the frames, and the files; `captions`: the line under each
- `raster`: a frame as pixels
"""
