"""What the web door is built from; `undisc.app` hands it over."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from undisc.accounts.people.entrance import Entrance
from undisc.accounts.people.model import PatientKey
from undisc.accounts.people.service import People
from undisc.accounts.people.tries import Tries
from undisc.annotations.model import Kept, Refused
from undisc.archive.model import Original, WireFrame
from undisc.archive.retrieving import Retriever
from undisc.archive.shelf import Shelf
from undisc.disclosures.service import Privacy
from undisc.disclosures.verification import Verification
from undisc.export.ordering import Ordering
from undisc.keyring import Keyring
from undisc.messaging.service import Messaging
from undisc.sharing.check_in import CheckIn
from undisc.sharing.completion import Completions
from undisc.sharing.consents import Consents
from undisc.sharing.desk import Desk
from undisc.sharing.health_links import HealthLinks
from undisc.sharing.model import Permit
from undisc.sharing.pictures import Pictures
from undisc.sharing.service import Sharing


class Served(Protocol):
    """The bytes that the archive keeps ready. None means: nothing of the kind here."""

    def series_manifest(self, series_id: int) -> bytes | None:
        """JSON, gzip-compressed."""
        ...

    def series_metadata(self, series_id: int) -> bytes | None:
        """A DICOM JSON array, gzip-compressed."""
        ...

    def strip(self, series_id: int) -> bytes | None:
        """The preview strip: every picture of the series, small, in display order."""
        ...

    def thumbnail(self, series_id: int) -> bytes | None:
        """WebP."""
        ...

    def frame(self, instance_id: int, frame: int) -> WireFrame | None: ...

    def preview(self, instance_id: int, frame: int) -> bytes | None:
        """WebP."""
        ...

    def document(self, instance_id: int) -> bytes | None:
        """PDF."""
        ...

    def original(self, instance_id: int) -> Original | None: ...


class Medium(Protocol):
    """Sound or moving pictures, of which any part may be asked for."""

    @property
    def media_type(self) -> str: ...

    @property
    def length(self) -> int: ...

    @property
    def read(self) -> Callable[[int, int], Iterator[bytes]]:
        """Bytes first..last, both included."""
        ...


class Told(Protocol):
    """Reports, recordings and videos, read when they are asked for. None means: nothing of the kind here."""

    def told(self, instance_id: int) -> bytes | None:
        """JSON, gzip-compressed."""
        ...

    def samples(self, instance_id: int, group: int, block: int) -> bytes | None:
        """float32, little-endian, channel after channel, gzip-compressed."""
        ...

    def medium(self, instance_id: int, group: int = 0) -> Medium | None: ...


class Annotates(Protocol):
    def keep(self, permit: Permit, body: bytes) -> Kept | Refused:
        """Keep notes on the pictures that the permit covers. Raises StorageFull."""
        ...


class Handed(Protocol):
    @property
    def length(self) -> int | None:
        """Bytes in all; None where that is not known."""
        ...

    @property
    def chunks(self) -> Iterator[bytes]: ...


class Hands(Protocol):
    def hand(self, permit: Permit, token: str) -> Handed | None:
        """The studies of a link as a disc would hold them, in a ZIP; None while too many others are getting theirs.

        Raises WorkersBusy.
        """
        ...


@dataclass(frozen=True, slots=True)
class PrivacyServices:
    """What the privacy officer's pages are built from. noted_elsewhere: whether the last seal is noted in another
    place. source_id: as audit messages name this archive."""

    privacy: Privacy
    verification: Verification
    noted_elsewhere: bool = False
    source_id: str = "undisc"


@dataclass(frozen=True, slots=True)
class PortalServices:
    """What the pages of patients are built from."""

    shelf: Shelf
    pictures: Pictures
    retrieving: Retriever
    consents: Consents
    tries: Tries


@dataclass(frozen=True, slots=True)
class StaffServices:
    """What the pages of the staff are built from."""

    desk: Desk
    shelf: Shelf
    sharing: Sharing
    consents: Consents
    completions: Completions
    messaging: Messaging
    ordering: Ordering
    people: People
    keyring: Keyring
    contact: str = ""


@dataclass(frozen=True, slots=True)
class WebServices:
    """public_url: where people reach the server, without a slash at the end; https there makes cookies Secure.

    annotating: None where nothing can be taken in. handing: None where there is no place to make discs in.
    patient_of: of whom a study is, by our number of the study.
    """

    sharing: Sharing
    served: Served
    reports: Told
    place_name: str
    public_url: str
    annotating: Annotates | None = None
    handing: Hands | None = None
    people: People | None = None
    entrance: Entrance | None = None
    patient_of: Callable[[int], PatientKey | None] | None = None
    ordering: Ordering | None = None
    time_zone: str = "UTC"
    portal: PortalServices | None = None
    consents: Consents | None = None
    check_in: CheckIn | None = None
    privacy: PrivacyServices | None = None
    health: HealthLinks | None = None
    staff: StaffServices | None = None
