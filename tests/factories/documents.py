"""What a disc may hold beside pictures, of the same invented patient: reports, recordings, videos, files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, ExplicitVRLittleEndian

from tests.factories.instances import ADA, Patient, Place, image, stable_uid

STORAGE = "1.2.840.10008.5.1.4.1.1."
BASIC_TEXT, COMPREHENSIVE, KEY_OBJECTS = f"{STORAGE}88.11", f"{STORAGE}88.33", f"{STORAGE}88.59"
TWELVE_LEADS, HEMODYNAMIC, VOICE = f"{STORAGE}9.1.1", f"{STORAGE}9.2.1", f"{STORAGE}9.4.1"
PDF, CDA, STL = f"{STORAGE}104.1", f"{STORAGE}104.2", f"{STORAGE}104.3"
PLAN, VIDEO = f"{STORAGE}481.5", f"{STORAGE}77.1.1.1"
MPEG2, AVC, HEVC = (UID(f"1.2.840.10008.1.2.4.{number}") for number in (100, 102, 107))
# 50 pictures of 64 × 48 at 25 a second, picture n of grey 30 + 4n, with pictures that look ahead (B pyramid) and two
# slices each; encoded for these tests. The other is the like in MP4.
BARE = (Path(__file__).parent / "clip.h264").read_bytes()
BOXED = (Path(__file__).parent / "clip.mp4").read_bytes()


def document(
    sop_class: str, modality: str, number: int, *, patient: Patient = ADA, study: int = 1, syntax: str = ""
) -> FileDataset:
    """An instance without content, in a series of its own in a study of the patient."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = stable_uid(patient.id, study, "document", number)
    meta.TransferSyntaxUID = UID(syntax or ExplicitVRLittleEndian)
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID, made.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    made.PatientName, made.PatientID = patient.name, patient.id
    made.PatientBirthDate, made.PatientSex = patient.birth_date, patient.sex
    made.StudyInstanceUID = stable_uid(patient.id, study)
    made.SeriesInstanceUID = stable_uid(patient.id, study, "documents", number)
    made.StudyDate, made.StudyTime, made.Modality = "20261101", "101500", modality
    made.StudyID, made.AccessionNumber, made.ReferringPhysicianName = "1", "", ""
    made.SeriesNumber, made.InstanceNumber = 900 + number, 1
    made.ContentDate, made.ContentTime = "20261101", "113000"
    return made


def code(value: str, scheme: str, meaning: str) -> Dataset:
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return made


def item(kind: str, name: str, relationship: str = "CONTAINS", **values: object) -> Dataset:
    """A content item; `values` are its attributes by keyword, `ContentSequence` its children."""
    made = Dataset()
    made.RelationshipType, made.ValueType = relationship, kind
    if name:
        made.ConceptNameCodeSequence = Items([code("1", "99TEST", name)])
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def words(name: str, said: str) -> Dataset:
    return item("TEXT", name, TextValue=said)


def measured(name: str, value: str, unit: str, meaning: str = "", children: Sequence[Dataset] = ()) -> Dataset:
    amount = Dataset()
    amount.NumericValue = value
    amount.MeasurementUnitsCodeSequence = Items([code(unit, "UCUM", meaning or unit)])
    made = item("NUM", name, MeasuredValueSequence=[amount])
    if children:
        made.ContentSequence = Items(children)
    return made


def coded(name: str, meaning: str) -> Dataset:
    return item("CODE", name, ConceptCodeSequence=[code("2", "99TEST", meaning)])


def picture(sop_instance: str, name: str = "", frames: Sequence[int] = (), relationship: str = "CONTAINS") -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = f"{STORAGE}4", sop_instance
    if frames:
        reference.ReferencedFrameNumber = list(frames)
    return item("IMAGE", name, relationship, ReferencedSOPSequence=[reference])


def section(name: str, *children: Dataset, continuity: str = "SEPARATE") -> Dataset:
    return item("CONTAINER", name, ContinuityOfContent=continuity, ContentSequence=list(children))


def report(
    number: int, title: str, *children: Dataset, verified_by: str = "", sop_class: str = COMPREHENSIVE, study: int = 1
) -> FileDataset:
    """A structured report of these content items."""
    made = document(sop_class, "KO" if sop_class == KEY_OBJECTS else "SR", number, study=study)
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = Items([code("126000", "DCM", title)])
    if sop_class != KEY_OBJECTS:
        made.CompletionFlag = "COMPLETE"
        made.VerificationFlag = "VERIFIED" if verified_by else "UNVERIFIED"
    if verified_by:
        verifier = Dataset()
        verifier.VerifyingObserverName, verifier.VerifyingOrganization = verified_by, "Riverside Imaging"
        verifier.VerificationDateTime = "20261102090000"
        made.VerifyingObserverSequence = Items([verifier])
    made.ContentSequence = Items(children)
    return made


def channel(label: str, unit: str, meaning: str, sensitivity: float, baseline: float = 0.0, bits: int = 16) -> Dataset:
    made = Dataset()
    made.ChannelLabel = label
    made.ChannelSourceSequence = Items([code("1", "99TEST", f"Lead {label}")])
    made.ChannelSensitivity, made.ChannelSensitivityCorrectionFactor = sensitivity, 1
    made.ChannelSensitivityUnitsSequence = Items([code(unit, "UCUM", meaning)])
    made.ChannelBaseline, made.WaveformBitsStored = baseline, bits
    return made


def recording(
    number: int,
    sop_class: str,
    values: np.ndarray,
    rate: float,
    channels: Sequence[Dataset],
    interpretation: str = "SS",
) -> FileDataset:
    """One multiplex group; `values` are stored ones, samples by channels."""
    modality = {TWELVE_LEADS: "ECG", HEMODYNAMIC: "HD"}.get(sop_class, "AU")
    made = document(sop_class, modality, number)
    made.AcquisitionDateTime = "20261101101500"
    group = Dataset()
    group.MultiplexGroupLabel, group.WaveformOriginality = "RHYTHM", "ORIGINAL"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = values.shape[1], values.shape[0]
    group.SamplingFrequency = rate
    group.ChannelDefinitionSequence = Items(channels)
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = values.dtype.itemsize * 8, interpretation
    group.WaveformData = values.tobytes()
    group["WaveformData"].VR = "OW" if values.dtype.itemsize > 1 else "OB"
    made.WaveformSequence = Items([group])
    return made


def heartbeats(seconds: float, rate: float) -> np.ndarray:
    """A tidy invented heart at 75 a minute, in µV: a narrow spike of 1 mV every 0.8 s, and a low hill after it."""
    time = np.arange(round(seconds * rate)) / rate % 0.8
    return 1000 * np.exp(-(((time - 0.3) / 0.012) ** 2)) + 250 * np.exp(-(((time - 0.55) / 0.05) ** 2))


def ecg(number: int, seconds: float = 10, rate: float = 500) -> FileDataset:
    """Twelve leads at 5 µV a step, lead n at n twelfths of the heart's height, with measurements."""
    heart = heartbeats(seconds, rate)
    names = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    values = np.stack([np.round(heart * (place + 1) / 12 / 5) for place in range(12)], axis=1).astype("<i2")
    made = recording(number, TWELVE_LEADS, values, rate, [channel(name, "uV", "microvolt", 5) for name in names])
    notes = []
    for name, value, unit in (("QRS Duration", "92", "ms"), ("QT Interval", "400", "ms")):
        note = Dataset()
        note.ConceptNameCodeSequence = Items([code("1", "99TEST", name)])
        note.NumericValue, note.ReferencedWaveformChannels = value, [1, 0]
        note.MeasurementUnitsCodeSequence = Items([code(unit, "UCUM", "millisecond")])
        notes.append(note)
    said = Dataset()
    said.UnformattedTextValue, said.ReferencedWaveformChannels = "Sinus rhythm", [1, 0]
    made.WaveformAnnotationSequence = Items([*notes, said])
    return made


def encapsulated(number: int, sop_class: str, data: bytes, media_type: str) -> FileDataset:
    made = document(sop_class, "DOC", number)
    made.DocumentTitle, made.MIMETypeOfEncapsulatedDocument = "A document", media_type
    made.EncapsulatedDocument = data + b"\0" * (len(data) % 2)
    return made


def video(number: int, data: bytes, syntax: str = AVC, *, fragments: int = 1, frames: int = 50) -> FileDataset:
    """A video as an endoscope stores it, in one fragment or several."""
    made = document(VIDEO, "ES", number, syntax=syntax)
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PlanarConfiguration = 3, "YBR_PARTIAL_420", 0
    made.Rows, made.Columns, made.NumberOfFrames = 48, 64, frames
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    made.CineRate, made.FrameTime = 25, 40
    size = -(-len(data) // fragments // 2) * 2
    made.PixelData = encapsulate([data[at : at + size] for at in range(0, len(data), size)], has_bot=False)
    made["PixelData"].is_undefined_length = True
    return made


CLINICAL = """<?xml version="1.0"?>
<?xml-stylesheet type="text/xsl" href="https://example.org/evil.xsl"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Letter of discharge</title><effectiveTime value="20261103"/>
<recordTarget><patientRole><patient><name><given>Ada</given> <family>Testperson</family></name></patient></patientRole>
</recordTarget><author><assignedAuthor><assignedPerson><name>Dr Grete Tester</name></assignedPerson></assignedAuthor>
</author><component><structuredBody>
<component><section><title>Findings</title><text><paragraph>Nothing <content>of note</content>.<br/>A second line.
</paragraph><list><item>First</item><item>Second</item></list><table><thead><tr><th>Test</th><th>Value</th></tr></thead>
<tbody><tr><td>Sodium</td><td>140 mmol/l</td></tr></tbody></table></text>
<component><section><title>Inner</title><text>&lt;b&gt;Not bold&lt;/b&gt;</text></section></component></section>
</component></structuredBody></component></ClinicalDocument>
"""


SLICES = 6
HOSTILE = "<img src=x onerror=alert(1)>"


def findings(number: int = 1, *, verified_by: str = "") -> FileDataset:
    """A report with everything that reports have: headings, paragraphs, measurements, pictures, marks."""
    slice_of = [stable_uid(ADA.id, 1, 1, at) for at in range(1, SLICES + 1)]
    group = [
        section("Lesion", words("Name", name), measured("Diameter", size, "mm", "millimeter"), coded("Side", side))
        for name, size, side in (("A", "12.5", "Left"), ("B", "8", "Right"), ("C", "21", "Left"))
    ]
    mark = item("SCOORD", "Place", GraphicType="CIRCLE", GraphicData=[10.0, 10.0, 12.0, 10.0])
    mark.ContentSequence = Items([picture(slice_of[2], relationship="SELECTED FROM")])
    return report(
        number,
        "MRI of the head",
        item("PNAME", "Observer", "HAS OBS CONTEXT", PersonName="TESTER^GRETE^^Dr"),
        section(
            "Findings",
            words("Finding", "The brain looks as it should for the age.\n\nNo fresh bleeding, no swelling."),
            words("Finding", f"Text is text: {HOSTILE}"),
            measured("Volume", "1350.5", "cm3", "cubic centimeter", [coded("Method", "Counted"), mark]),
            picture(slice_of[3], "See"),
            picture(slice_of[4], "See"),
            picture("1.2.3.4", "See"),
        ),
        section("Lesions", *group),
        section("Impression", words("Impression", "Nothing that needs to be treated.")),
        verified_by=verified_by,
    )


def make_documents(folder: Path) -> None:
    """One study of pictures, and beside them one of everything that is no picture."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [image(place=Place(1, 1, at, SLICES), rows=64, columns=64) for at in range(1, SLICES + 1)]
    time = np.arange(1000) / 100
    pressure = np.round(80 + 40 * np.sin(time * 7) ** 2)[:, None].astype("<i2")
    voice = (128 + 60 * np.sin(np.arange(8000) / 8000 * 440 * 2 * np.pi)).astype("u1")[:, None]
    plan = document(PLAN, "RTPLAN", 10)
    plan.RTPlanLabel = "Plan"
    key = report(
        3, "Of Interest", words("Note", "For the surgeon."), picture(made[1].SOPInstanceUID), sop_class=KEY_OBJECTS
    )
    made += [
        findings(),
        report(2, "Short letter", words("Finding", "All is well."), verified_by="TESTER^GRETE^^Dr"),
        key,
        ecg(4),
        recording(5, HEMODYNAMIC, pressure, 100, [channel("Aorta", "mm[Hg]", "mmHg", 1)]),
        recording(6, VOICE, voice, 8000, [channel("Voice", "1", "no units", 1, bits=8)], "UB"),
        encapsulated(7, CDA, CLINICAL.encode(), "text/XML"),
        encapsulated(8, STL, b"solid nothing\nendsolid\n", "model/stl"),
        video(9, BARE),
        plan,
        video(11, BOXED),
        video(12, b"\0\0\1\xb3" + bytes(200), MPEG2),
    ]
    for number, one in enumerate(made):
        one.save_as(folder / f"IM{number:04d}", enforce_file_format=True)
