"""Plain names for what is kept, for people who do not speak DICOM: what it is, what it is for, and how it is shown."""

from dataclasses import dataclass
from typing import Literal

from undisc.dicom.syntaxes import VIDEO

_MODALITIES = {
    "CR": "X-ray",
    "CT": "CT",
    "DX": "X-ray",
    "ECG": "ECG",
    "EEG": "EEG",
    "ES": "Endoscopy",
    "HD": "Pressure recording",
    "IO": "Dental X-ray",
    "KO": "Selected pictures",
    "MG": "Mammogram",
    "MR": "MRI",
    "NM": "Nuclear medicine",
    "OCT": "Eye scan",
    "OP": "Eye picture",
    "OT": "Pictures",
    "PT": "PET",
    "PX": "Dental X-ray",
    "RF": "X-ray film",
    "SC": "Pictures",
    "SM": "Microscope slide",
    "SR": "Report",
    "US": "Ultrasound",
    "XA": "Angiogram",
    "XC": "Photographs",
}

Form = Literal["pdf", "report", "recording", "video", "file", ""]

_STORAGE = "1.2.840.10008.5.1.4.1.1."
ENCAPSULATED_PDF = f"{_STORAGE}104.1"
ENCAPSULATED_CDA = f"{_STORAGE}104.2"
ECGS = frozenset(f"{_STORAGE}9.1.{number}" for number in range(1, 5))
SOUNDS = frozenset({f"{_STORAGE}9.4.1", f"{_STORAGE}9.4.2"})


@dataclass(frozen=True, slots=True)
class Thing:
    """What a kind of object is called, and what it is for, as one sentence for its holder."""

    name: str
    purpose: str


_REPORT = "It says in words and numbers what was found or done."
_DOSE = "It says how much radiation the examination took."
_DISPLAY = "It says how pictures are best shown, and holds no picture of its own."
_BLENDED = (
    "It says how scans were laid over each other, in colours. That cannot be shown here; "
    "each of the scans can be seen by itself."
)
_CUT = "It says how somebody cut through a scan or turned it. That cannot be shown here; the scan itself can."
_PLAN = "It belongs to radiation therapy. The team that treats you opens it with a program of theirs."
_TREATED = "It says which radiation was given, for the team that treats you."
_EYE = "It holds measurements of the eye, for eye doctors and opticians."
_CALCULATED = "It was calculated from pictures, and is opened with special programs."
_RECORDING = "It shows over time what was measured on the body."
_TEMPLATE = "It describes an implant, for planning an operation."
_PROTOCOL = "It says how a scanner is, or was, set up."
_MODEL = "It is a three-dimensional shape, for special programs or a 3D printer."
_INSPECTION = "It comes from the inspection of luggage or materials, not from medicine."

# By the part of the SOP Class UID that follows 1.2.840.10008.5.1.4.1.1 (PS3.6 table A-1).
_THINGS: dict[str, tuple[str, str]] = {
    "4.2": ("MR spectroscopy", "It shows which substances are in the tissue, as curves that special programs draw."),
    "9.1.1": ("12-lead ECG", "It shows how the heart beats, from twelve sides."),
    "9.1.2": ("ECG", "It shows how the heart beats."),
    "9.1.3": ("Long-term ECG", "It shows how the heart beat over hours or days."),
    "9.1.4": ("ECG", "It shows how the heart beats."),
    "9.2.1": ("Pressure recording", "It shows pressures in the heart and the vessels, over time."),
    "9.3.1": ("Recording from inside the heart", "It shows how signals travel in the heart."),
    "9.4.1": ("Voice recording", "Somebody spoke it for the record."),
    "9.4.2": ("Sound recording", "It is a sound that was recorded at an examination."),
    "9.5.1": ("Pulse recording", _RECORDING),
    "9.6.1": ("Breathing recording", _RECORDING),
    "9.6.2": ("Breathing recording", _RECORDING),
    "9.7.1": ("EEG", "It shows the signals of the brain."),
    "9.7.2": ("Muscle recording (EMG)", "It shows the signals of muscles."),
    "9.7.3": ("Eye movement recording", _RECORDING),
    "9.7.4": ("Sleep EEG", "It shows the signals of the brain in sleep."),
    "9.8.1": ("Body position recording", _RECORDING),
    "8": ("Overlay", _DISPLAY),
    "9": ("Curve", _RECORDING),
    "9.1": ("Recording", _RECORDING),
    "10": ("Lookup table", _DISPLAY),
    "11": ("Lookup table", _DISPLAY),
    "11.4": ("Two scans in one picture", _BLENDED),
    "11.6": ("A cut through a scan", _CUT),
    "11.7": ("A cut through several scans", _CUT),
    "11.8": ("Several scans in one picture", _BLENDED),
    "11.9": ("Three-dimensional view", _CUT),
    "11.10": ("Three-dimensional view", _CUT),
    "11.11": ("Three-dimensional view", _CUT),
    "30": ("Parametric map", _CALCULATED),
    "66": ("Raw data", "It is what the scanner measured, before pictures were made of it."),
    "66.1": ("Registration", "It says how two scans lie over each other."),
    "66.2": ("Landmarks", "It marks points that scans have in common."),
    "66.3": ("Registration", "It says how two scans lie over each other."),
    "66.4": ("Segmentation", "It marks which parts of the pictures belong to an organ or a finding."),
    "66.5": ("Surfaces", "It describes the surfaces of organs or findings, for special programs."),
    "66.6": ("Nerve fibre tracks", _CALCULATED),
    "66.7": ("Segmentation", "It marks which parts of the pictures belong to an organ or a finding."),
    "66.8": ("Segmentation", "It marks which parts of the pictures belong to an organ or a finding."),
    "67": ("Value mapping", "It says what the brightness of pictures stands for."),
    "68.1": ("Surface scan", _MODEL),
    "68.2": ("Surface scan", _MODEL),
    "77.1.5.3": ("Relation of two eye pictures", _EYE),
    "77.1.5.6": ("Coordinates of an eye picture", _EYE),
    "77.1.5.8": ("Analysis of an eye scan", _EYE),
    "78.1": ("Measurements of glasses", _EYE),
    "78.2": ("Automatic eye measurements", _EYE),
    "78.3": ("Measurements of the cornea", _EYE),
    "78.4": ("Eye test", _EYE),
    "78.5": ("Visual acuity", _EYE),
    "78.6": ("Prescription for glasses", "It says which glasses you need."),
    "78.7": ("Length measurements of the eye", _EYE),
    "78.8": ("Lens calculation", _EYE),
    "79.1": ("Retina measurements", _EYE),
    "80.1": ("Visual field test", _EYE),
    "81.1": ("Thickness map of the eye", _EYE),
    "82.1": ("Map of the cornea", _EYE),
    "88.1": ("Report", _REPORT),
    "88.2": ("Spoken report", _REPORT),
    "88.3": ("Report", _REPORT),
    "88.4": ("Report", _REPORT),
    "88.11": ("Report", _REPORT),
    "88.22": ("Report", _REPORT),
    "88.33": ("Report", _REPORT),
    "88.34": ("Report", _REPORT),
    "88.35": ("Report", _REPORT),
    "88.40": ("Log of a procedure", "It says step by step what was done."),
    "88.50": ("Computer reading of a mammogram", "A computer marked what a doctor should look at."),
    "88.59": ("Selected pictures", "Somebody chose these pictures as the important ones."),
    "88.65": ("Computer reading of the chest", "A computer marked what a doctor should look at."),
    "88.67": ("Radiation dose report", _DOSE),
    "88.68": ("Radiation dose report", _DOSE),
    "88.69": ("Computer reading of the colon", "A computer marked what a doctor should look at."),
    "88.70": ("Implant plan", "It says which implant is planned, and how it is to sit."),
    "88.71": ("Notes on the examination", "It says under which conditions pictures were taken."),
    "88.72": ("Heart ultrasound report", _REPORT),
    "88.73": ("Radiation dose report", _DOSE),
    "88.74": ("Plan for a contrast agent", "It says which agent is to be given."),
    "88.75": ("Record of a contrast agent", "It says which agent was given."),
    "88.76": ("Radiation dose report", _DOSE),
    "88.77": ("Notes on a recording", _REPORT),
    "90.1": ("Quality check", "It says how good the pictures are for what they are meant for."),
    "91.1": ("Microscope annotations", "It marks cells or regions on a microscope slide."),
    "104.1": ("Report (PDF)", _REPORT),
    "104.2": ("Clinical document", _REPORT),
    "104.3": ("3D model (STL)", _MODEL),
    "104.4": ("3D model (OBJ)", _MODEL),
    "104.5": ("Materials of a 3D model", _MODEL),
    "129": ("PET curve", _RECORDING),
    "131": ("Screen layout", _DISPLAY),
    "200.1": ("CT protocol", _PROTOCOL),
    "200.2": ("CT protocol", _PROTOCOL),
    "200.3": ("Approval of a protocol", _PROTOCOL),
    "200.7": ("Angiography protocol", _PROTOCOL),
    "200.8": ("Angiography protocol", _PROTOCOL),
    "201.1": ("Inventory of an archive", "It lists what an archive holds."),
    "481.2": ("Radiation dose plan", "It shows where radiation therapy acts, and how much of it."),
    "481.3": ("Outlines for radiation therapy", "It marks what is to be treated, and what is to be spared."),
    "481.4": ("Treatment record", _TREATED),
    "481.5": ("Radiation therapy plan", _PLAN),
    "481.6": ("Treatment record", _TREATED),
    "481.7": ("Treatment summary", _TREATED),
    "481.8": ("Ion therapy plan", _PLAN),
    "481.9": ("Treatment record", _TREATED),
    "481.10": ("Treatment intent", _PLAN),
    "481.11": ("Outlines for radiation therapy", "It marks what is to be treated, and what is to be spared."),
    "481.12": ("Radiation therapy plan", _PLAN),
    "481.13": ("Radiation therapy beams", _PLAN),
    "481.14": ("Radiation therapy beams", _PLAN),
    "481.15": ("Radiation therapy beams", _PLAN),
    "481.16": ("Treatment record", _TREATED),
    "481.17": ("Treatment record", _TREATED),
    "481.18": ("Treatment record", _TREATED),
    "481.19": ("Treatment record", _TREATED),
    "481.20": ("Treatment record", _TREATED),
    "481.21": ("Treatment instructions", _PLAN),
    "481.22": ("Treatment preparation", _PLAN),
    "481.25": ("Positioning instructions", _PLAN),
    "501.3": ("Inspection report", _INSPECTION),
}
_ELSEWHERE: dict[str, tuple[str, str]] = {
    "1.2.840.10008.1.3.10": ("Index of a disc", "It lists what was on a disc."),
    "1.2.840.10008.5.1.1.27": ("Print job", "It was sent to a film printer."),
    "1.2.840.10008.5.1.1.29": ("Print on film", "It was sent to a film printer."),
    "1.2.840.10008.5.1.1.30": ("Print on film", "It was sent to a film printer."),
    "1.2.840.10008.5.1.4.34.1": ("Treatment instructions", _PLAN),
    "1.2.840.10008.5.1.4.34.7": ("Treatment instructions", _PLAN),
    "1.2.840.10008.5.1.4.34.10": ("Treatment instructions", _PLAN),
    "1.2.840.10008.5.1.4.38.1": ("Screen layout", _DISPLAY),
    "1.2.840.10008.5.1.4.39.1": ("Colour palette", _DISPLAY),
    "1.2.840.10008.5.1.4.43.1": ("Implant description", _TEMPLATE),
    "1.2.840.10008.5.1.4.44.1": ("Implant description", _TEMPLATE),
    "1.2.840.10008.5.1.4.45.1": ("Implant descriptions", _TEMPLATE),
}
_PRINTED = frozenset({"1.2.840.10008.5.1.1.29", "1.2.840.10008.5.1.1.30"})
# Where a class is newer than the table, or of a maker's own below one of these, by what it begins with.
_FAMILIES: tuple[tuple[str, tuple[str, str]], ...] = (
    ("9.", ("Recording", _RECORDING)),
    ("11.", ("Display settings", _DISPLAY)),
    ("66.", ("Calculated data", _CALCULATED)),
    ("78.", ("Eye measurements", _EYE)),
    ("88.", ("Report", _REPORT)),
    ("104.", ("Document", "It is a document in a format of its own.")),
    ("200.", ("Protocol", _PROTOCOL)),
    ("481.", ("Radiation therapy data", _PLAN)),
    ("501.", ("Inspection data", _INSPECTION)),
    ("601.", ("Inspection data", _INSPECTION)),
)
_PICTURES = Thing("Pictures", "They are pictures in a form that cannot be shown here.")
_UNKNOWN = Thing("Data of a kind that is not known here", "The maker of the device may have a program that opens it.")
_IMAGES = ("481.1", "481.2", "481.23", "481.24", "30", "501.", "601.", "66.4", "66.7", "66.8", "77.1.5.7")
"""Below the families above, and yet pictures where they have pixels that can be drawn."""


def modality_word(modality: str) -> str:
    return _MODALITIES.get(modality, "Pictures")


def thing(sop_class: str) -> Thing:
    """What an object of this class is."""
    elsewhere = _ELSEWHERE.get(sop_class)
    if elsewhere:
        return Thing(*elsewhere)
    if not sop_class.startswith(_STORAGE):
        return _UNKNOWN
    part = sop_class.removeprefix(_STORAGE)
    named = _THINGS.get(part) or next((told for start, told in _FAMILIES if part.startswith(start)), None)
    return Thing(*named) if named else _PICTURES


def name_of(sop_class: str, transfer_syntax: str) -> str:
    """What one object is called; a video by that name, whatever it is of."""
    return "Video" if transfer_syntax in VIDEO else thing(sop_class).name


def form_of(sop_class: str, transfer_syntax: str) -> Form:
    """How an object is shown: "" for pictures, "file" for what has no pictures and is offered as it is."""
    if transfer_syntax in VIDEO:
        return "video"
    if sop_class == ENCAPSULATED_PDF:
        return "pdf"
    if sop_class == ENCAPSULATED_CDA:
        return "report"
    if not sop_class.startswith(_STORAGE):
        return "file" if sop_class in _ELSEWHERE and sop_class not in _PRINTED else ""
    part = sop_class.removeprefix(_STORAGE)
    if part.startswith("88."):
        return "report"
    if part.startswith("9.") and part != "9.1":
        return "recording"
    if part.startswith(_IMAGES):
        return ""
    known = part in _THINGS or any(part.startswith(start) for start, _ in _FAMILIES)
    return "file" if known else ""


def note_for(sop_class: str, derive_note: str) -> str:
    """What something without pictures is, as sentences for its holder."""
    known = thing(sop_class)
    if derive_note and known is _PICTURES:
        return f"These pictures cannot be shown here. {derive_note}"
    return known.purpose
