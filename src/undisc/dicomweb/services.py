"""What the DICOMweb door is built from; `undisc.app` hands it over."""

from dataclasses import dataclass

from undisc.accounts.service import Accounts
from undisc.archive.service import Archive
from undisc.intake.receiving import Reception
from undisc.sharing.reach import Reaches
from undisc.sharing.service import Sharing


@dataclass(frozen=True, slots=True)
class DicomwebServices:
    """public_url: where people reach the server, without a slash at the end. most_results: of one search.
    reception: the way in; None where nothing is to be stored. largest_file: bytes that one instance may have. uploads:
    most at once. upload_seconds: longest silence within one. viewer_origins: whose pages may ask from elsewhere."""

    accounts: Accounts
    sharing: Sharing
    reaches: Reaches
    archive: Archive
    public_url: str
    most_results: int
    reception: Reception | None = None
    largest_file: int = 1 << 33
    uploads: int = 16
    upload_seconds: float = 60.0
    viewer_origins: tuple[str, ...] = ()
