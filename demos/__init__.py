"""One lesson a file: ``python -m demos`` lists them."""
