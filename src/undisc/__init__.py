"""Undisc: takes studies off any disc, keeps every image exactly, and shares them by a link."""

__version__ = "0.1.0"
