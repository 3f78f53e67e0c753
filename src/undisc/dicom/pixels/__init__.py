"""Pixels: what they are, decoded, coloured, shown small, sent whole, and packed.

Nothing here is to run in the server's own process on bytes that came from outside; `pool` does it in worker processes.
"""
