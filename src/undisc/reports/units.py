"""Units of measurement as people write them, from UCUM (the scheme that DICOM has for them, PS3.16 CID 82)."""

import re

_KNOWN = {
    "1": "",
    "{no units}": "",
    "no units": "",
    "[hnsf'U]": "HU",
    "mm[Hg]": "mmHg",
    "cm[H2O]": "cmH₂O",
    "Cel": "°C",
    "[degF]": "°F",
    "deg": "°",
    "/min": "per minute",
    "{H.B.}/min": "beats per minute",
    "{beats}/min": "beats per minute",
    "{breaths}/min": "breaths per minute",
    "[in_i]": "in",
    "[ft_i]": "ft",
    "[lb_av]": "lb",
    "[ppm]": "ppm",
    "[arb'U]": "",
    "a": "years",
    "mo": "months",
    "wk": "weeks",
    "d": "days",
    "{SUVbw}g/ml": "SUV",
    "g/ml{SUVbw}": "SUV",
    "{SUVlbm}g/ml": "SUV (lean mass)",
    "g/ml{SUVlbm}": "SUV (lean mass)",
    "{SUVbsa}cm2/ml": "SUV (surface)",
    "cm2/ml{SUVbsa}": "SUV (surface)",
}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_POWER = re.compile(r"(?<=[A-Za-zµ])\*{0,2}(-?\d)(?!\d)")
_MICRO = re.compile(r"\bu(?=(?:m|g|s|l|L|V|Sv|Gy|Ci|mol|A|W)\b)")
_NOTE = re.compile(r"\{([^{}]*)\}")


def unit_word(code: str, meaning: str, scheme: str = "UCUM") -> str:
    """A unit in words or signs; its own meaning where the code is not UCUM's or not known to be readable."""
    code = code.strip()
    if scheme.strip().upper() not in ("UCUM", ""):
        return meaning.strip() or code
    known = _KNOWN.get(code)
    if known is not None:
        return known
    plain = _NOTE.sub(lambda note: note[1].replace("_", " "), code)
    if "[" in plain or "'" in plain or not plain:
        return meaning.strip() or plain
    plain = _POWER.sub(lambda power: power[1].translate(_RAISED), _MICRO.sub("µ", plain))
    return plain.replace(".", "·")


def joined(number: str, unit: str) -> str:
    """A number with its unit, as they are written together."""
    return f"{number}{unit}" if unit in ("°", "%") else f"{number} {unit}".strip()
