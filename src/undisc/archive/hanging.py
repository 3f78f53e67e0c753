"""What a viewer must know of a series to place it beside others: plane, weighting, kernel, body part, views, loops."""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from undisc.dicom.model import Scanned

_MOST_VIEWS = 24
_MOST_LOOPS = 200
_PLANES = ("sagittal", "coronal", "axial")
_PROJECTIONS = {"MG", "CR", "DX", "RG", "RF"}
_SLICES = {"CT", "MR", "PT", "NM"}
# View codes of mammography (PS3.16 CID 4014, SNOMED CT and its older form).
_VIEW_CODES = {
    "399162004": "CC",
    "R-10242": "CC",
    "399368009": "MLO",
    "R-10226": "MLO",
    "399260004": "ML",
    "R-10224": "ML",
    "399352003": "LM",
    "R-10228": "LM",
    "399192001": "XCCL",
    "R-1024A": "XCCL",
}
# The strongest word in a series' own name comes first: a FLAIR is T2-weighted, and an ADC map is made of diffusion.
_WEIGHTINGS = (
    ("ADC", r"\badc\b|apparent diff"),
    ("DWI", r"\bdwi\b|diffusion|\btrace\b|\bb-?\s?(?:800|1000|1500)\b"),
    ("FLAIR", r"flair|dark.?fluid"),
    ("STIR", r"stir|\btirm\b"),
    ("T2*", r"t2\s?\*|t2star|\bswi\b|\bswan\b|hemo\b|\bgre\b"),
    ("MRA", r"\bmra\b|\btof\b|angio"),
    ("PD", r"\bpd\b|\bpdw\b|proton"),
    ("T1", r"t1"),
    ("T2", r"t2"),
)


def plane_of(orientation: Sequence[float]) -> str:
    """The main plane that slices of an orientation (PS3.3 C.7.6.2.1.1) lie in; "" where that is not to be said."""
    if len(orientation) != 6:
        return ""
    (rx, ry, rz), (cx, cy, cz) = orientation[:3], orientation[3:]
    normal = [abs(ry * cz - rz * cy), abs(rz * cx - rx * cz), abs(rx * cy - ry * cx)]
    largest = max(normal)
    # Nearer to one axis than to the others: within about 45 degrees of it.
    return _PLANES[normal.index(largest)] if 0.7 <= largest <= 1.01 else ""


def weighting_of(description: str, echo: float | None, repetition: float | None, inversion: float | None) -> str:
    """What an MR series is weighted for, by its name, else by its times (ms); "" where neither tells."""
    for weighting, pattern in _WEIGHTINGS:
        if re.search(pattern, description.replace("_", " "), re.IGNORECASE):
            return weighting
    if echo is None or repetition is None:
        return ""
    if inversion is not None and inversion > 1500 and echo > 60:
        return "FLAIR"
    if echo > 60 and repetition > 1500:
        return "T2"
    return "T1" if echo < 30 and repetition < 1000 else ""


def describe_hanging(
    first: Scanned, entries: Sequence[Mapping[str, Any]], views: Mapping[int, tuple[str, str]]
) -> dict[str, Any]:
    """What is known, by name; what is not is left out. entries: frames in display order; views: by instance.

    "loops" is how many frames each instance has, where there are several and one of them is a loop.
    """
    model = json.loads(first.json)
    modality = first.text("Modality")
    orientations = [entry.get("orientation") or () for entry in entries]
    planes = {plane_of(orientation) for orientation in orientations} if modality in _SLICES else {""}
    told: dict[str, Any] = {
        "plane": planes.pop() if len(planes) == 1 else "",
        "body": first.text("BodyPartExamined").upper(),
    }
    if modality == "MR":
        named = f"{first.text('SeriesDescription')} {first.text('ProtocolName')}"
        times = _number(model, "00180081"), _number(model, "00180080"), _number(model, "00180082")
        told["weighting"] = weighting_of(first.text("SeriesDescription"), *times) or weighting_of(named, *times)
    if modality in ("CT", "MR"):
        told["contrast"] = first.text("ContrastBolusAgent").upper() not in ("", "NONE", "NO")
    if modality == "CT":
        told["kernel"] = "\\".join(str(value) for value in model.get("00181210", {}).get("Value") or [])
        told["localizer"] = "LOCALIZER" in [str(value).upper() for value in first.attributes.get("ImageType", ())]
    if modality in _PROJECTIONS and len(entries) <= _MOST_VIEWS:
        told["views"] = [list(views.get(entry["i"], ("", ""))) for entry in entries]
    lengths = [len(list(frames)) for _, frames in itertools.groupby(entries, key=lambda entry: entry["i"])]
    if 1 < len(lengths) <= _MOST_LOOPS and max(lengths) > 1:
        told["loops"] = lengths
    return {name: value for name, value in told.items() if value}


def view_of(scanned: Scanned) -> tuple[str, str]:
    """Laterality ("R", "L", "B" or "") and view ("CC", "MLO", "PA", "LL", ... or "") of a projection."""
    if scanned.text("Modality") not in _PROJECTIONS:
        return "", ""
    side = (scanned.text("ImageLaterality") or scanned.text("Laterality")).strip().upper()[:1]
    view = scanned.text("ViewPosition").strip().upper()
    if not view:
        sequence = json.loads(scanned.json).get("00540220", {}).get("Value") or [{}]
        codes = (sequence[0] or {}).get("00080100", {}).get("Value") or [""]
        view = _VIEW_CODES.get(str(codes[0]), "")
    return side if side in ("R", "L", "B") else "", view[:16]


def _number(model: Mapping[str, Any], tag: str) -> float | None:
    value = (model.get(tag, {}).get("Value") or [None])[0]
    return float(value) if isinstance(value, int | float) else None
