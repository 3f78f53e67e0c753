"""Signing in and out, one's own account, and the people whom administrators let in."""
