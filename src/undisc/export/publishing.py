"""Publishing: a sealed package on any host of files, read back, and removed again.

What goes to the host is first written here as it will lie there, sealed, and stays until all of it has arrived. So an
interrupted publication goes on without its key, which is nowhere but in the link.
"""

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from undisc.audit.model import Act
from undisc.audit.trail import Trail
from undisc.errors import UndiscError
from undisc.export import publication_store as store
from undisc.export.copying import Copier
from undisc.export.folder import write_folder
from undisc.export.hosts import Host, HostRefused, open_host
from undisc.export.model import PackageFile
from undisc.export.publication_store import Publication, PublishedFile
from undisc.export.sealing import Sealer
from undisc.jobs.model import Again, Done, Ending, Kind, Running
from undisc.jobs.service import Jobs

INDEX = "INDEX.HTM"
REMOVE = "unpublish"
PATIENCE = timedelta(days=30)
_AT_ONCE = 8
_NOTED_AT_ONCE = 64
_ABANDONED = 24 * 3600.0
_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")

Progress = Callable[[int, int], None]
"""Told how many bytes have arrived, and of how many."""


class PublicationUnknown(UndiscError):
    """No publication here answers to that name or link."""


class PublishingStopped(UndiscError):
    """Not all of a publication arrived; it can go on. The text is a plain sentence."""

    def __init__(self, sentence: str, publication: Publication) -> None:
        super().__init__(sentence)
        self.publication = publication


@dataclass(frozen=True, slots=True)
class Listed:
    """A publication with what of it lies on its host."""

    publication: Publication
    files: int
    bytes: int


class Publishing:
    """scratch: a folder with room for what is on its way. open_host: how places are reached."""

    def __init__(self, trail: Trail, jobs: Jobs, scratch: Path, open_host: Callable[[str], Host] = open_host) -> None:
        self._trail = trail
        self._jobs = jobs
        self._scratch = scratch
        self._open_host = open_host

    def publish(
        self,
        files: Sequence[PackageFile],
        sealer: Sealer,
        studies: Sequence[str],
        place: str,
        *,
        url: str = "",
        expires_at: datetime | None = None,
        progress: Progress = lambda done, count: None,
    ) -> Publication:
        """Put a sealed package, all of it in `files`, into a folder of its own at a place, which is named by the
        package.

        When this returns, all of it was read back and is as it was sealed. Raises HostRefused where nothing was begun,
        PublishingStopped where it was and can go on, and OSError where there is no room here.
        """
        home = place if "://" in place else str(Path(place).absolute())
        host = self._open_host(home)
        if host.read(f"{sealer.package}/{INDEX}") is not None:
            raise HostRefused("There is a package of that name already.")
        self._forget_abandoned()
        staged = self._staged(sealer.package)
        staged.mkdir(parents=True, mode=0o700)
        try:
            written = write_folder(files, staged, Copier())
            with self._trail.work() as work:
                now = work.clock.now()
                publication = Publication(
                    sealer.package, home, url.rstrip("/"), tuple(studies), "sending", now, expires_at, None
                )
                listed = (PublishedFile(file.path, file.size, file.sha256, False) for file in written)
                store.add(work.connection, publication, listed)
                work.audit(Act("published", "operator", _subject(publication, len(written))))
                if expires_at is not None:
                    arguments = {"publication": publication.id}
                    self._jobs.enqueue(work, REMOVE, arguments, key=f"{REMOVE}:{publication.id}", not_before=expires_at)
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise
        try:
            return self._send(publication, host, progress)
        except UndiscError:
            raise
        except (Exception, KeyboardInterrupt) as error:
            # Its key is nowhere but with the caller, who is to know that it was begun.
            raise PublishingStopped("It was stopped before all of it had arrived.", publication) from error

    def resume(self, name: str, progress: Progress = lambda done, count: None) -> Publication:
        """Go on with a publication that was interrupted. Raises PublicationUnknown, and as `publish` does."""
        publication = self.find(name)
        if publication.state == "removed":
            raise PublicationUnknown("This publication was removed. Publish the study again.")
        if publication.state == "published":
            return publication
        return self._send(publication, self._open_host(publication.place), progress)

    def unpublish(self, name: str, actor: str = "operator") -> Publication:
        """Remove from the host what was put there, the page first. Once this returns nothing of it can be fetched from
        the host itself. Raises PublicationUnknown and HostRefused, after which it can be called again."""
        publication = self.find(name)
        with self._trail.read() as connection:
            listed = store.files(connection, publication.id)
        paths = sorted((f"{publication.id}/{file.path}" for file in listed), key=lambda path: not path.endswith(INDEX))
        if paths:
            host = self._open_host(publication.place)
            host.delete(paths[0])
            with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="unpublish") as workers:
                list(workers.map(host.delete, paths[1:]))
                left = sum(data is not None for data in workers.map(host.read, paths))
            if left:
                raise HostRefused(f"{left} files are still on the host. It may not let them be deleted.")
            host.tidy(publication.id)
        with self._trail.work() as work:
            store.forget_files(work.connection, publication.id)
            if publication.state != "removed":
                store.set_state(work.connection, publication.id, "removed", work.clock.now())
                work.audit(Act("unpublished", actor, _subject(publication, len(paths))))
        # Only now: whoever is sending it and finds nothing left to send then also finds that it is removed.
        shutil.rmtree(self._staged(publication.id), ignore_errors=True)
        return self.find(publication.id)

    def unpublish_expired(self) -> list[Publication]:
        """Remove every publication whose time is over. Raises as `unpublish` does."""
        with self._trail.work() as work:
            due = store.due(work.connection, work.clock.now())
        return [self.unpublish(name) for name in due]

    def all(self) -> list[Listed]:
        """Newest first."""
        with self._trail.read() as connection:
            return [Listed(*row) for row in store.every(connection)]

    def find(self, name: str) -> Publication:
        """By its name, or by a link that holds it. Raises PublicationUnknown."""
        found = _ID.search(name.partition("#")[0])
        with self._trail.read() as connection:
            publication = store.one(connection, found[0]) if found else None
        if publication is None:
            raise PublicationUnknown("There is no such publication here. `undisc published` lists those that are.")
        return publication

    def _forget_abandoned(self) -> None:
        """Remove what a killed process left here before it was known to the database."""
        folders = list(self._scratch.iterdir()) if self._scratch.is_dir() else []
        with self._trail.read() as connection:
            for folder in folders:
                is_old = time.time() - folder.stat().st_mtime > _ABANDONED
                if is_old and store.one(connection, folder.name) is None:
                    shutil.rmtree(folder, ignore_errors=True)

    def _staged(self, package: str) -> Path:
        return self._scratch / package

    def _send(self, publication: Publication, host: Host, progress: Progress) -> Publication:
        with self._trail.read() as connection:
            listed = store.files(connection, publication.id)
        # The page last: until it is there the link shows nothing, and nothing that is half there.
        page = [file for file in listed if file.path == INDEX]
        rest = [file for file in listed if file.path != INDEX]
        total, arrived = sum(file.size for file in listed), 0
        failed: list[str] = []
        for group in (rest, page):
            if failed:
                break
            for file, reason in self._sent(publication.id, host, group):
                arrived += file.size
                if reason:
                    failed.append(reason)
                else:
                    progress(arrived, total)
        if not failed:
            try:
                host.settle(publication.id)
            except HostRefused as error:
                failed.append(str(error))
        if failed:
            with self._trail.read() as connection:
                known = store.one(connection, publication.id)
            is_wanted = known is not None and known.state != "removed"
        else:
            with self._trail.work() as work:
                is_wanted = store.finish(work.connection, publication.id)
        if not is_wanted:
            for file in listed:
                host.delete(f"{publication.id}/{file.path}")
            host.tidy(publication.id)
            raise PublicationUnknown("This publication was removed while it was sent. Publish the study again.")
        if failed:
            count = f"{len(failed)} of {len(listed)} files did not arrive"
            raise PublishingStopped(f"{count}. {failed[0]}", publication)
        shutil.rmtree(self._staged(publication.id), ignore_errors=True)
        return publication._replace(state="published")

    def _sent(self, package: str, host: Host, files: Sequence[PublishedFile]) -> Iterator[tuple[PublishedFile, str]]:
        """Each file once it has arrived, or with the reason why it did not; a few are on their way at a time."""
        arrived: list[str] = []
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="publish") as workers:
            waiting = {workers.submit(self._send_one, package, host, file): file for file in files if not file.sent}
            yield from ((file, "") for file in files if file.sent)
            try:
                for done in as_completed(waiting):
                    reason = done.result()
                    if not reason:
                        arrived.append(waiting[done].path)
                    if len(arrived) >= _NOTED_AT_ONCE:
                        self._note(package, arrived)
                    yield waiting[done], reason
            finally:
                workers.shutdown(cancel_futures=True)
                self._note(package, arrived)

    def _note(self, package: str, arrived: list[str]) -> None:
        if arrived:
            with self._trail.work() as work:
                store.note_sent(work.connection, package, arrived)
            arrived.clear()

    def _send_one(self, package: str, host: Host, file: PublishedFile) -> str:
        """Put one file on the host and read it back; why it is not there, "" where it is."""
        path = f"{package}/{file.path}"
        try:
            data = (self._staged(package) / file.path).read_bytes()
        except OSError:
            return "What was to be sent is no longer here. Publish the study again."
        if hashlib.sha256(data).hexdigest() != file.sha256:
            return "What was to be sent has changed here. Publish the study again."
        try:
            host.put(path, data)
            back = host.read(path)
        except HostRefused as error:
            return str(error)
        return "" if back == data else "What the host gives back is not what was sent."


def link_of(publication: Publication, sealer: Sealer) -> str:
    """The link, key and all. Where nobody said under which address the place is reached, what to put behind it."""
    path = f"{publication.id}/{INDEX}#{sealer.fragment}"
    return f"{publication.url}/{path}" if publication.url else path


def kind(publishing: Publishing) -> Kind:
    """How publications are removed when their time is over."""

    def remove(job: Running) -> Ending:
        try:
            publishing.unpublish(job.arguments["publication"], "system")
        except HostRefused as error:
            return Again(str(error))
        except PublicationUnknown:
            return Done("It is not here any more.")
        return Done("It is no longer on its host.")

    return Kind(REMOVE, remove, PATIENCE)


def _subject(publication: Publication, files: int) -> dict[str, str | int | None]:
    return {"publication": publication.id, "studies": " ".join(publication.studies), "files": files}
