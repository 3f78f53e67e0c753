"""Making media: a package, in as many parts as it takes, written, read back, and accounted for."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from undisc.clock import Clock
from undisc.errors import MediumRefused
from undisc.export.burning import blank_disc, burn, place_of
from undisc.export.copying import Watcher
from undisc.export.iso import image_bytes
from undisc.export.iso_records import SECTOR, Volume
from undisc.export.media import CD_BYTES, Medium, check_target, put, take_back
from undisc.export.model import Kind, PackageFile, Written
from undisc.export.receipts import Receipt, Receipts, Result, manifest_digest
from undisc.export.sealing import Sealer, new_package
from undisc.export.service import Choices, Estimate, Exporting, Package
from undisc.export.splitting import Piece, split
from undisc.export.verifying import Failed, Verified, verify

_TRIES = 8
_READ_AGAIN = 5
_PAUSE = 2.0
_MOST_DISCS = 99


class MakingWatcher(Watcher, Protocol):
    """Told how the work goes, from the thread that does it."""

    def converted(self, done: int, count: int) -> None: ...

    def begins(self, part: str, size: int, *, burns: bool) -> None:
        """A medium is begun: so many bytes will be written, and read back; where it is burned, burned too."""
        ...

    def burned(self, size: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made. target: of what is no burned disc; device: of what is. capacity: bytes of one disc, None
    where all goes onto one."""

    study_ids: tuple[int, ...]
    medium: Medium
    choices: Choices
    target: Path = Path()
    device: str = ""
    capacity: int | None = None
    made_by: str = "operator"
    zip_password: str | None = field(default=None, repr=False)
    """Locks a ZIP with AES-256."""

    @property
    def is_closed(self) -> bool:
        """Whether it opens by a secret alone."""
        return bool(self.choices.sealer or self.choices.secure or self.zip_password)


@dataclass(frozen=True, slots=True)
class Part:
    """One medium to be made: what goes onto it, where, and how large it will be."""

    package: Package
    target: Path
    size: int
    udf: bool
    name: str
    """ "2 of 3"; "" where there is one."""


@dataclass(frozen=True, slots=True)
class Made:
    """A medium as it was found when it was read back. receipt: its number."""

    receipt: int
    part: Part
    verified: Verified
    images: int
    seconds: float

    @property
    def good_images(self) -> int:
        return _good(self.images, self.verified)


@dataclass(frozen=True, slots=True)
class Plan:
    """All parts of an order, laid out. What was converted for them takes room until it is closed."""

    order: Order
    whole: Package
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    def __enter__(self) -> "Plan":
        return self

    def __exit__(self, *_: object) -> None:
        self.whole.close()


class Making:
    """One object for one data folder. scratch: where what is burned is laid first."""

    def __init__(
        self,
        exporting: Exporting,
        receipts: Receipts,
        study_uid: Callable[[int], str | None],
        clock: Clock,
        scratch: Path,
    ) -> None:
        self.exporting = exporting
        self.receipts = receipts
        self._study_uid = study_uid
        self._clock = clock
        self._scratch = scratch

    def estimate(self, order: Order) -> Estimate:
        """Quick, from rows. Raises StudyUnknown, and MediumRefused where nothing can be made where it is wanted."""
        if order.medium is Medium.DISC:
            blank_disc(order.device)
        found = self.exporting.estimate(order.study_ids, order.choices)
        if order.medium is not Medium.DISC and order.capacity is None:
            check_target(order.medium, order.target, found.bytes)
        return found

    def plan(self, order: Order, watcher: MakingWatcher) -> Plan:
        """Lay out everything, converting what is to be converted. Raises MediumRefused and what `package` raises."""
        whole = self.exporting.package(order.study_ids, order.choices, watcher.converted)
        try:
            parts = tuple(self._parts(order, whole))
            for part in parts:
                if order.medium is not Medium.DISC:
                    # All of them lie in one folder.
                    check_target(order.medium, part.target, sum(each.size for each in parts))
            return Plan(order, whole, parts)
        except BaseException:
            whole.close()
            raise

    def make(self, plan: Plan, watcher: MakingWatcher, next_disc: Callable[[str], None]) -> Iterator[Made]:
        """Make one medium after the other. next_disc: called before each but the first that is burned.

        Raises MediumRefused (a plain sentence) and OSError; what was made before that stays, with its receipt.
        """
        for number, part in enumerate(plan.parts):
            if plan.order.medium is Medium.DISC:
                if number:
                    next_disc(part.name)
                yield self._burned(plan.order, part, watcher)
            else:
                began = time.monotonic()
                watcher.begins(part.name, part.size, burns=False)
                written, verified = self._put(plan.order.medium, part, part.target, watcher, plan.order.zip_password)
                try:
                    made = self._made(plan.order, part, written, verified, began)
                except BaseException:
                    # Nothing leaves without its receipt.
                    if verified.is_good:
                        take_back(plan.order.medium, part.target, written)
                    raise
                yield made

    def _put(
        self, medium: Medium, part: Part, target: Path, watcher: Watcher, password: str | None = None
    ) -> tuple[Sequence[Written], Verified]:
        self._scratch.mkdir(parents=True, exist_ok=True)
        volume = Volume(part.package.volume_id, self._clock.now())
        return put(medium, part.package.files, target, volume, self._scratch, watcher, udf=part.udf, password=password)

    def _burned(self, order: Order, part: Part, watcher: MakingWatcher) -> Made:
        began = time.monotonic()
        blank_disc(order.device, part.size)
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="burn-") as folder:
            watcher.begins(part.name, part.size, burns=True)
            written, verified = self._put(Medium.ISO, part, Path(folder) / "disc.iso", watcher)
            if not verified.is_good:
                raise MediumRefused("The image could not be read back from this machine's disk. Nothing was burned.")
            try:
                burn(Path(folder) / "disc.iso", order.device, watcher.burned)
            except BaseException as error:
                reason = str(error) if isinstance(error, MediumRefused) else "It was stopped."
                lost = Verified(verified.images, verified.files, (Failed("", reason, False),))
                result = Result.FAILED if isinstance(error, MediumRefused) else Result.STOPPED
                self._keep(order, part, written, lost, result, good=0)
                raise
        return self._made(order, part, written, self._read_back(order.device, written, watcher), began)

    def _read_back(self, device: str, written: Sequence[Written], watcher: Watcher) -> Verified:
        """A drive takes a moment before it knows what was burned just now."""
        for _ in range(_READ_AGAIN):
            verified = verify(place_of(device), written, watcher)
            if len(verified.failed) < verified.files:
                return verified
            time.sleep(_PAUSE)
        return verify(place_of(device), written, watcher)

    def _made(self, order: Order, part: Part, written: Sequence[Written], verified: Verified, began: float) -> Made:
        result = Result.VERIFIED if verified.is_good else Result.FAILED
        images = part.package.instances
        number = self._keep(order, part, written, verified, result, good=_good(images, verified))
        return Made(number, part, verified, images, time.monotonic() - began)

    def _keep(
        self,
        order: Order,
        part: Part,
        written: Sequence[Written],
        verified: Verified,
        result: Result,
        *,
        good: int,
    ) -> int:
        package = part.package
        return self.receipts.keep(
            Receipt(
                studies=tuple((study, self._study_uid(study) or "") for study in package.study_ids),
                made_by=order.made_by,
                for_whom=order.choices.for_whom,
                medium=order.medium,
                sealed=order.is_closed,
                part=part.name,
                images=package.instances,
                verified=good,
                files=len(written),
                bytes=sum(file.size for file in written),
                manifest=manifest_digest(written),
                outcome=result,
                failed=tuple((each.path, each.reason) for each in verified.failed),
                left_unchanged=len(package.unchanged),
            )
        )

    def _parts(self, order: Order, whole: Package) -> Iterator[Part]:
        if order.capacity is None or self._size(whole.files)[0] <= order.capacity:
            size, udf = self._size(whole.files)
            yield Part(whole, order.target, size, udf, "")
            return
        if order.medium is not Medium.DISC and order.target.name in ("", ".."):
            raise MediumRefused("Several discs come of this. Give a name, so that each has it with its number.")
        packages = self._fitting(order, whole, order.capacity)
        for number, package in enumerate(packages, 1):
            size, udf = self._size(package.files)
            target = order.target.with_name(f"{order.target.stem}-{number}{order.target.suffix}")
            yield Part(package, target, size, udf, f"{number} of {len(packages)}")

    def _fitting(self, order: Order, whole: Package, capacity: int) -> list[Package]:
        """How much room the viewer's data take beside an instance is known when a part is laid out: so parts are laid
        out with what room there seems to be, and with less until each fits."""
        pieces = _pieces(whole)
        # What grows with the images, and what is on each disc anew, such as the viewer.
        growing = sum(file.size or 0 for file in whole.files if file.kind in (Kind.DICOM, Kind.DATA))
        on_each = self._size(whole.files)[0] - growing
        if capacity <= on_each:
            raise _discs_too_small()
        room = (capacity - on_each) * sum(piece.size for piece in pieces) // max(1, growing)
        for _ in range(_TRIES):
            shares = split(pieces, room)
            if len(shares) > _MOST_DISCS:
                break
            packages = [
                whole.part(share, number, len(shares), _own_sealer(order.choices))
                for number, share in enumerate(shares, 1)
            ]
            largest = max(self._size(package.files)[0] for package in packages)
            if largest <= capacity:
                return packages
            room = int(room * capacity / largest * 0.995)
        raise _discs_too_small()

    @staticmethod
    def _size(files: Sequence[PackageFile]) -> tuple[int, bool]:
        """How large an image of these is, and whether it is for a DVD; folders and ZIP files come close to it."""
        sizes = [file.size or 0 for file in files]
        plain = image_bytes(files, sizes, udf=False)
        return (plain, False) if plain <= CD_BYTES else (image_bytes(files, sizes, udf=True), True)


def _discs_too_small() -> MediumRefused:
    return MediumRefused("Such discs are too small for this. Choose larger ones with --split.")


def _good(images: int, verified: Verified) -> int:
    """On a sealed medium no image is a file of its own: all of them are there when all of it is."""
    if verified.images:
        return verified.good_images
    return images if verified.is_good else 0


def _own_sealer(choices: Choices) -> Sealer | None:
    """A key of its own for each part: one key never seals two contents."""
    return Sealer(new_package()) if choices.sealer is not None else None


def _pieces(whole: Package) -> list[Piece]:
    return [
        Piece(each.instance or 0, study, f"{study}/{series}", -(-(each.size or 0) // SECTOR) * SECTOR)
        for each in whole.dicom
        if each.kind is Kind.DICOM
        for study, series in (each.path.split("/")[1:3],)
    ]
