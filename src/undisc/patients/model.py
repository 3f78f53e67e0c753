"""What is known of patients before their pictures come. Values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Order:
    """An examination that somebody asked for. accession: by which the pictures will name it; "" texts are unknown.

    state: ordered | begun | done | cancelled. birth_date and sex as DICOM writes them.
    """

    accession: str
    issuer: str
    patient_id: str
    patient_name: str
    birth_date: str
    sex: str
    phone: str
    email: str
    what: str
    planned_at: str
    state: str
    told_by: str
    told_at: datetime
