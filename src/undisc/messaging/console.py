"""Messages on the server's own console, for trying things out: whoever reads it reads links and codes."""

import sys
from typing import TextIO

from undisc.messaging.model import Carried, Letter, Taken


class Console:
    """Prints what would be sent. stream: standard error of whatever process carries it out, if none is given."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def carry(self, letter: Letter, reference: str) -> Carried:
        stream = self._stream or sys.stderr
        lines = [f"To {letter.address} by {letter.way}:", letter.subject, *letter.text.splitlines()]
        told = "\n".join(f"  | {_printable(line)}" for line in lines if line)
        stream.write(f"--- message {reference}: nothing is set up to send it ---\n{told}\n---\n")
        stream.flush()
        return Taken("It was printed on the server's console; nothing is set up to send it.")


def _printable(line: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
