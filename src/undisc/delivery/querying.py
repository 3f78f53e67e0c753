"""Asking a peer what it has: C-FIND at the levels of the study root model (PS3.4 C.6.2)."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pynetdicom.association import Association

from undisc.delivery.associating import Context, associated
from undisc.delivery.model import Identity, Peer, PeerUnreachable
from undisc.delivery.policy import EXPLICIT, IMPLICIT
from undisc.delivery.sop_classes import STUDY_FIND
from undisc.dicom.uid import is_usable_uid

FIND_CONTEXT: Context = (STUDY_FIND, (EXPLICIT, IMPLICIT))


@dataclass(frozen=True, slots=True)
class There:
    """An instance that a peer has. sop_class: "" where the peer does not tell."""

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class: str


def studies(peer: Peer, identity: Identity, patient_id: str) -> list[str]:
    """UIDs of a patient's studies, as the peer has them."""
    keys = Dataset()
    keys.PatientID, keys.StudyInstanceUID = patient_id, ""
    with associated(peer, identity, [FIND_CONTEXT]) as assoc:
        found = [str(each.get("StudyInstanceUID", "")) for each in _find(assoc, peer, "STUDY", keys)]
    return [uid for uid in dict.fromkeys(found) if is_usable_uid(uid)]


def instances(peer: Peer, identity: Identity, study_uid: str) -> list[There]:
    """Every instance of a study, as the peer has them."""
    found: dict[str, There] = {}
    with associated(peer, identity, [FIND_CONTEXT]) as assoc:
        keys = Dataset()
        keys.StudyInstanceUID, keys.SeriesInstanceUID = study_uid, ""
        series = [str(each.get("SeriesInstanceUID", "")) for each in _find(assoc, peer, "SERIES", keys)]
        for series_uid in dict.fromkeys(filter(is_usable_uid, series)):
            keys = Dataset()
            keys.StudyInstanceUID, keys.SeriesInstanceUID = study_uid, series_uid
            keys.SOPInstanceUID, keys.SOPClassUID = "", ""
            for each in _find(assoc, peer, "IMAGE", keys):
                uid = str(each.get("SOPInstanceUID", ""))
                if is_usable_uid(uid):
                    found[uid] = There(study_uid, series_uid, uid, str(each.get("SOPClassUID", "") or ""))
    return list(found.values())


def _find(assoc: Association, peer: Peer, level: str, keys: Dataset) -> Iterator[Dataset]:
    keys.QueryRetrieveLevel = level
    for status, identifier in assoc.send_c_find(keys, STUDY_FIND):
        code = status.get("Status")
        if code is None:
            raise PeerUnreachable(f"{peer.name} stopped answering while it was asked what it has.")
        if code in (0xFF00, 0xFF01):
            if identifier is not None:
                yield identifier
        elif code != 0:
            raise PeerUnreachable(f"{peer.name} refuses to say what it has (status {code:04X}).")
