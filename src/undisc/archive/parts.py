"""What was scanned and how, in the words of people who were in the scanner: "Right knee", "MRI scan"."""

import re
from collections.abc import Iterable

from undisc.archive.names import fold


def N_(text: str) -> str:  # noqa: N802
    """Marks a sentence for the catalogues of the pages, which put it into the reader's language."""
    return text


_SINGLE = {
    "abdomen": N_("Abdomen"),
    "back": N_("Back"),
    "bladder": N_("Bladder"),
    "bowel": N_("Bowel"),
    "brain": N_("Brain"),
    "chest": N_("Chest"),
    "face": N_("Face"),
    "head": N_("Head"),
    "head and neck": N_("Head and neck"),
    "heart": N_("Heart"),
    "jaw": N_("Jaw"),
    "kidneys": N_("Kidneys"),
    "liver": N_("Liver"),
    "lower back": N_("Lower back"),
    "lungs": N_("Lungs"),
    "neck": N_("Neck"),
    "neck spine": N_("Neck (spine)"),
    "nose": N_("Nose and sinuses"),
    "pelvis": N_("Pelvis"),
    "prostate": N_("Prostate"),
    "ribs": N_("Ribs"),
    "spine": N_("Spine"),
    "spleen": N_("Spleen"),
    "stomach": N_("Stomach"),
    "teeth": N_("Teeth"),
    "throat": N_("Throat"),
    "thyroid": N_("Thyroid"),
    "upper back": N_("Upper back"),
    "vessels": N_("Blood vessels"),
    "whole body": N_("Whole body"),
    "womb": N_("Womb and ovaries"),
}
# Alone, right, left, both.
_PAIRED = {
    "ankle": (N_("Ankle"), N_("Right ankle"), N_("Left ankle"), N_("Both ankles")),
    "arm": (N_("Arm"), N_("Right arm"), N_("Left arm"), N_("Both arms")),
    "breast": (N_("Breast"), N_("Right breast"), N_("Left breast"), N_("Both breasts")),
    "collarbone": (N_("Collarbone"), N_("Right collarbone"), N_("Left collarbone"), N_("Both collarbones")),
    "ear": (N_("Ear"), N_("Right ear"), N_("Left ear"), N_("Both ears")),
    "elbow": (N_("Elbow"), N_("Right elbow"), N_("Left elbow"), N_("Both elbows")),
    "eye": (N_("Eye"), N_("Right eye"), N_("Left eye"), N_("Both eyes")),
    "finger": (N_("Finger"), N_("Finger, right hand"), N_("Finger, left hand"), N_("Fingers of both hands")),
    "foot": (N_("Foot"), N_("Right foot"), N_("Left foot"), N_("Both feet")),
    "hand": (N_("Hand"), N_("Right hand"), N_("Left hand"), N_("Both hands")),
    "hip": (N_("Hip"), N_("Right hip"), N_("Left hip"), N_("Both hips")),
    "knee": (N_("Knee"), N_("Right knee"), N_("Left knee"), N_("Both knees")),
    "leg": (N_("Leg"), N_("Right leg"), N_("Left leg"), N_("Both legs")),
    "shoulder": (N_("Shoulder"), N_("Right shoulder"), N_("Left shoulder"), N_("Both shoulders")),
    "thigh": (N_("Thigh"), N_("Right thigh"), N_("Left thigh"), N_("Both thighs")),
    "toe": (N_("Toe"), N_("Toe, right foot"), N_("Toe, left foot"), N_("Toes of both feet")),
    "wrist": (N_("Wrist"), N_("Right wrist"), N_("Left wrist"), N_("Both wrists")),
}

# Body Part Examined (PS3.16 annex L, and what devices write in its place), and words of descriptions; all folded.
_SAID = {
    "abdomen": "abdomen abd abdominal bauch oberbauch belly vientre ventre abdominopelvis adrenal pancreas gallbladder",
    "ankle": "ankle sprunggelenk osg cheville tobillo",
    "arm": "arm humerus forearm upperarm unterarm oberarm radius ulna bras brazo upperextremity extremity_upper",
    "back": "back rucken ruecken dos espalda",
    "bladder": "bladder blase vessie vejiga ureter urethra",
    "bowel": "colon bowel darm duodenum jejunum ileum rectum intestine dunndarm",
    "brain": "brain gehirn hirn cerebral cerebro cerveau neurocranium cerebellum",
    "breast": "breast mamma mammo brust sein mama breasts",
    "chest": "chest thorax thoracic mediastinum sternum bronchus trachea torax",
    "collarbone": "clavicle clavicula schlusselbein",
    "ear": "ear felsenbein iac oreille oido mastoid",
    "elbow": "elbow ellenbogen coude codo",
    "eye": "eye orbit orbits orbita auge oeil ojo cornea retina",
    "face": "face nnh gesicht visage cara facial zygoma cheek midface mittelgesicht",
    "finger": "finger thumb daumen doigt dedo fingers",
    "foot": "foot calcaneus fuss fus pied pie heel vorfuss",
    "hand": "hand main mano hands",
    "head": "head skull kopf schadel schaedel tete crane cabeza craneo cranium scalp",
    "head and neck": "headneck",
    "heart": "heart herz cardiac coeur corazon coronary coronaries echo",
    "hip": "hip hufte huefte hanche cadera hips",
    "jaw": "jaw mandible maxilla kiefer machoire tmj",
    "kidneys": "kidney kidneys niere nieren renal rein rinon",
    "knee": "knee patella knie genou rodilla knees",
    "leg": "leg tibia fibula calf lowerleg unterschenkel bein jambe pierna lowerextremity extremity_lower",
    "liver": "liver leber foie higado",
    "lower back": "lspine lumbar lws lendenwirbelsaule lumbaire lsspine sspine sacrum coccyx sacral",
    "lungs": "lung lungs lunge poumon pulmon pulmonary",
    "neck": "neck hals cou cuello cervical soft_tissue_neck parotid carotid",
    "neck spine": "cspine hws cervicalspine halswirbelsaule",
    "nose": "nose sinus sinuses nasal nase",
    "pelvis": "pelvis becken bassin ilium pelvic sacroiliac",
    "prostate": "prostate prostata",
    "ribs": "rib ribs rippen",
    "shoulder": "shoulder schulter epaule hombro scapula shoulders",
    "spine": "spine wirbelsaule rachis columna tlspine wholespine",
    "spleen": "spleen milz rate",
    "stomach": "stomach magen estomac estomago esophagus oesophagus",
    "teeth": "teeth tooth dental zahne zahn opg dents diente dientes panoramic",
    "thigh": "thigh femur oberschenkel cuisse muslo",
    "throat": "larynx pharynx tongue throat kehlkopf",
    "thyroid": "thyroid schilddruse thyroide tiroides",
    "toe": "toe toes zeh zehe orteil",
    "upper back": "tspine bws dorsal thoracicspine brustwirbelsaule",
    "vessels": "aorta vessel vessels angio gefasse artery vein",
    "whole body": "wholebody ganzkorper",
    "womb": "uterus ovary ovaries womb vagina cervix ovar",
    "wrist": "wrist handgelenk poignet muneca carpus scaphoid",
}
_PART_OF = {word: part for part, words in _SAID.items() for word in words.split()}
_PHRASES = (
    (re.compile(r"\b(c|cervical|neck)[ -]?spine\b"), "cspine"),
    (re.compile(r"\b(t|d|thoracic|dorsal)[ -]?spine\b"), "tspine"),
    (re.compile(r"\b(l|lumbar|ls|lumbosacral|lumbo sacral)[ -]?spine\b"), "lspine"),
    (re.compile(r"\bwhole body\b"), "wholebody"),
    (re.compile(r"\bhead (and|et|und|y|&)? ?(neck|hals|cou|cuello)\b"), "headneck"),
)
_RIGHT = frozenset(["r", "rt", "right", "rechts", "re", "dx", "droite", "droit", "derecha", "derecho", "dcha"])
_LEFT = frozenset(["l", "lt", "left", "links", "li", "sin", "gauche", "izquierda", "izquierdo", "izda"])
_BOTH = frozenset(["both", "bilateral", "beidseits", "bds", "bilaterale", "bilat"])
_WORD = re.compile(r"[^\W\d_]+")

_KINDS = {
    "CR": N_("X-ray"),
    "CT": N_("CT scan"),
    "DX": N_("X-ray"),
    "ECG": N_("ECG"),
    "ES": N_("Endoscopy"),
    "IO": N_("Dental X-ray"),
    "MG": N_("Mammogram"),
    "MR": N_("MRI scan"),
    "NM": N_("Nuclear medicine scan"),
    "OCT": N_("Eye scan"),
    "OP": N_("Eye picture"),
    "OPT": N_("Eye scan"),
    "PT": N_("PET scan"),
    "PX": N_("Dental X-ray"),
    "RF": N_("X-ray film"),
    "SM": N_("Microscope slide"),
    "US": N_("Ultrasound"),
    "IVUS": N_("Ultrasound"),
    "XA": N_("Angiogram"),
    "XC": N_("Photographs"),
    "EEG": N_("EEG"),
    "BMD": N_("Bone density scan"),
    "DG": N_("Thermogram"),
}
_BOTH_PET = {"CT": N_("PET-CT scan"), "MR": N_("PET-MRI scan")}
_PICTURES = N_("Pictures")
_DOCUMENTS = N_("Report")
_ABOUT_PICTURES = frozenset(
    ("SR", "PR", "KO", "DOC", "SEG", "REG", "RTSTRUCT", "RTPLAN", "RTDOSE", "RTRECORD", "FID", "RWV", "OT", "SC")
)
_TELLING = frozenset(("SR", "DOC"))

PARTS = (*_SINGLE.values(), *(said for four in _PAIRED.values() for said in four))
KINDS = (*dict.fromkeys(_KINDS.values()), *_BOTH_PET.values(), _PICTURES, _DOCUMENTS)


def part_word(body_parts: Iterable[str], description: str) -> str:
    """Which part of the body a study is of, with its side; "" where nothing that is known is said."""
    said = [*body_parts, description]
    spoken = [_spoken(text) for text in said if text]
    found = next((part for words in spoken for word in words if (part := _PART_OF.get(word))), "")
    if found not in _PAIRED:
        return _SINGLE.get(found, "")
    words = {word for each in spoken for word in each}
    right, left = bool(words & _RIGHT), bool(words & _LEFT)
    side = 3 if words & _BOTH or (right and left) else 1 if right else 2 if left else 0
    return _PAIRED[found][side]


def kind_word(modalities: Iterable[str]) -> str:
    """How a study was taken: what is most telling of all that is in it."""
    every = set(modalities)
    if "PT" in every:
        return next((word for other, word in _BOTH_PET.items() if other in every), _KINDS["PT"])
    taken = [each for each in sorted(every) if each not in _ABOUT_PICTURES]
    known = next((_KINDS[each] for each in taken if each in _KINDS), "")
    if known:
        return known
    return _DOCUMENTS if every and every <= _TELLING else _PICTURES


def _spoken(text: str) -> list[str]:
    folded = fold(text).replace("_", " ")
    for phrase, word in _PHRASES:
        folded = phrase.sub(word, folded)
    return _WORD.findall(folded)
