"""One file for each library, with what its users would write for each of the comparisons."""
