"""The fuzz program: files of every format, changed in ways that nobody would think of, are read or left out with a reason.

samples (small sound files) -> mutations (each input from its number and a seed) -> runs (read in processes of their own, and
counted by what became of them).
"""
