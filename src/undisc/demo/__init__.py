"""A demonstration disc: an invented patient's head MR with a report and a prior, made the same way every time."""

from undisc.demo.disc import DemoDisc, make_demo_disc

__all__ = ["DemoDisc", "make_demo_disc"]
