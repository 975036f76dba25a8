"""The explorer page: one HTML file in which a graph can be stepped through and felt.

- `page`: `viz.explorer`, which writes the file
- `contents`: what the page knows of the graph
- `placing`: where everything stands in its diagram
- the other files are the page's own: HTML, CSS and JavaScript
"""
