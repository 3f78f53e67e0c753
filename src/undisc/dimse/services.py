"""What the DIMSE door needs from the rooms behind it."""

from dataclasses import dataclass
from pathlib import Path

from undisc.archive.lookup import Lookup
from undisc.archive.reading import Reader
from undisc.archive.search import Search
from undisc.audit.trail import Trail
from undisc.delivery.directory import Directory
from undisc.delivery.model import Identity
from undisc.delivery.outgoing import Transcode
from undisc.intake.receiving import Reception
from undisc.jobs.runner import Runner
from undisc.jobs.service import Jobs
from undisc.sharing.reach import Reaches


@dataclass(frozen=True, slots=True)
class DimseServices:
    """scratch: a folder for large data sets on their way in, on the same disk as the data; emptied at start.
    runner: carries out the jobs that this door makes."""

    directory: Directory
    reaches: Reaches
    reception: Reception
    archive: Reader
    lookup: Lookup
    search: Search
    trail: Trail
    jobs: Jobs
    runner: Runner
    identity: Identity
    scratch: Path
    largest_file: int
    echo_from_anyone: bool
    transcode: Transcode
