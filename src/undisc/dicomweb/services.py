"""What the DICOMweb door is built from; `undisc.app` hands it over."""

from dataclasses import dataclass

from undisc.accounts.service import Accounts
from undisc.archive.service import Archive
from undisc.sharing.reach import Reaches
from undisc.sharing.service import Sharing


@dataclass(frozen=True, slots=True)
class DicomwebServices:
    """public_url: where people reach the server, without a slash at the end. most_results: of one search."""

    accounts: Accounts
    sharing: Sharing
    reaches: Reaches
    archive: Archive
    public_url: str
    most_results: int
