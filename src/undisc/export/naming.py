"""Names that any medium takes: A-Z, 0-9 and _ (PS3.10 8.5, ISO 9660 level 1)."""

import secrets
import string
from datetime import datetime

_LETTERS = string.ascii_uppercase + string.digits


def ending_of(name: str) -> str:
    """A file name's ending as ISO 9660 level 1 allows it; DAT where it says nothing."""
    ending = name.rpartition(".")[2].upper() if "." in name else ""
    kept = "".join(letter for letter in ending if letter in _LETTERS)
    return {"HTML": "HTM", "JPEG": "JPG", "TIFF": "TIF", "TEXT": "TXT"}.get(kept, kept[:3]) or "DAT"


def new_volume_id(made_at: datetime | None, part: tuple[int, int] = (1, 1)) -> str:
    """At most 16 of A-Z 0-9 _ (PS3.10 8.5), unlike that of any other disc; of one of several it says which. made_at:
    None on a sealed disc, which does not say when."""
    number, of = part
    said = f"UD{made_at:%Y%m%d}_" if made_at else "UD_"
    if of > 1:
        said = f"{f'UD{made_at:%y%m%d}' if made_at else 'UD'}_{number}OF{of}_"
    return said + "".join(secrets.choice(_LETTERS) for _ in range(16 - len(said)))
