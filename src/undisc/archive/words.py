"""Plain names for what is kept, for people who do not speak DICOM."""

_MODALITIES = {
    "CR": "X-ray",
    "CT": "CT",
    "DX": "X-ray",
    "ECG": "ECG",
    "ES": "Endoscopy",
    "IO": "Dental X-ray",
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
    "US": "Ultrasound",
    "XA": "Angiogram",
    "XC": "Photographs",
}

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"

_CANNOT_BE_SHOWN = (
    ("1.2.840.10008.5.1.4.1.1.88.", "A structured report. It is kept, and can be downloaded with the pictures."),
    ("1.2.840.10008.5.1.4.1.1.104.", "A document that browsers cannot show. It is kept, and can be downloaded."),
    ("1.2.840.10008.5.1.4.1.1.11.", "Notes on how to display the pictures. They are kept, and can be downloaded."),
    ("1.2.840.10008.5.1.4.1.1.481.", "Plans and doses of radiation therapy. They are kept, and can be downloaded."),
    ("1.2.840.10008.5.1.4.1.1.9.", "A recording such as an ECG. It is kept, and can be downloaded."),
    (
        "1.2.840.10008.5.1.4.1.1.66.",
        "Calculated data that belong to the pictures. They are kept, and can be downloaded.",
    ),
)


def modality_word(modality: str) -> str:
    return _MODALITIES.get(modality, "Pictures")


def note_for(sop_class: str, derive_note: str) -> str:
    """Why something cannot be shown, as a sentence for its holder."""
    for prefix, sentence in _CANNOT_BE_SHOWN:
        if sop_class.startswith(prefix):
            return sentence
    if derive_note:
        return f"This cannot be shown here: {derive_note} It is kept, and can be downloaded."
    return "This cannot be shown here. It is kept, and can be downloaded."
