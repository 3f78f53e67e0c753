"""The statuses that we answer with (PS3.7 annex C, PS3.4 B.2.3, C.4)."""

SUCCESS = 0x0000
PENDING = 0xFF00
CANCELLED = 0xFE00
OUT_OF_RESOURCES = 0xA700
UNABLE_TO_COUNT = 0xA701
UNABLE_TO_SEND = 0xA702
DESTINATION_UNKNOWN = 0xA801
DOES_NOT_MATCH_CLASS = 0xA900
SOME_FAILED = 0xB000
CANNOT_UNDERSTAND = 0xC000
INVALID_ARGUMENT = 0x0115
PROCESSING_FAILURE = 0x0110
NO_SUCH_INSTANCE = 0x0112
NO_SUCH_ACTION = 0x0123
NOT_AUTHORIZED = 0x0124
CLASS_INSTANCE_CONFLICT = 0x0119

_LONGEST_COMMENT = 64


def comment(sentence: str) -> str:
    """A sentence as Error Comment (0000,0902), which is an LO of at most 64 characters."""
    plain = "".join(letter for letter in sentence if letter.isprintable() and letter != "\\").encode("ascii", "replace")
    text = plain.decode()
    return text if len(text) <= _LONGEST_COMMENT else text[: _LONGEST_COMMENT - 3] + "..."
