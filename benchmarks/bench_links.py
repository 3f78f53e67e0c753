"""How many holders of links can come at the same moment, and what each of them waits for.

    python -m benchmarks.bench_links [--quick]

A generated study is taken in by `undisc serve` on SQLite, with as many links as holders (500). All holders connect,
begin at the same moment and, each in turn, fetch the page, open the link and fetch the first series and its pictures;
then the same with a passcode in between, which a server computes for two at a time. A holder who is told that many are
there asks again after the two seconds that the answer names, as a person would. Every answer counts, and none may be
an error. The client runs on the same machine and takes its share of it.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.factories.series import write_ct_series
from tests.factories.servers import free_port, wait_until_it_listens

from undisc.app import build
from undisc.settings import Settings
from undisc.sharing.model import NewLink

_HOLDERS = 500
_PICTURES = 3


@dataclass
class Tally:
    """Seconds that each kind of request took, and which answers came."""

    took: dict[str, list[float]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    waited: int = 0


@dataclass
class Holder:
    """One browser: a connection of its own, which it keeps."""

    port: int
    tally: Tally
    cookie: str = ""

    async def begin(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, what: str, path: str, body: object = None) -> tuple[int, bytes]:
        """The answer, timed from the first byte that goes to the last that comes."""
        begun = time.perf_counter()
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        if self.cookie:
            head += f"Cookie: {self.cookie}\r\n"
        self.writer.write(head.encode() + b"Accept-Encoding: gzip\r\n\r\n" + data)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = [line.partition(":") for line in lines[1:] if line]
        told = {name.lower(): value.strip() for name, _, value in headers}
        found = await self.reader.readexactly(int(told.get("content-length", "0")))
        if told.get("set-cookie", "").startswith("undisc="):
            self.cookie = told["set-cookie"].partition(";")[0]
        self.tally.took.setdefault(what, []).append(time.perf_counter() - begun)
        self.tally.answers[f"{what}: {status}"] += 1
        return status, found

    async def look(self, link: NewLink) -> float:
        """From the page to the first pictures; how long that took."""
        begun = time.perf_counter()
        place = f"/s/{link.link.id}"
        await self.ask("page", place)
        status, body = await self.ask("secret", f"{place}/open", {"secret": link.secret})
        while status in (401, 503):
            if status == 503:
                self.tally.waited += 1
                await asyncio.sleep(2)
            said = {"secret": link.secret} | ({"passcode": link.passcode} if link.passcode else {})
            status, body = await self.ask("passcode" if link.passcode else "secret", f"{place}/open", said)
        if status == 200:
            manifest = json.loads(_unpacked(body))
            frames = manifest["series"]["frames"]
            for frame in frames[:_PICTURES]:
                number = frame.get("i", manifest["series"]["common"].get("i"))
                await self.ask("picture", f"{place}/frames/{number}/{frame.get('n', 0)}")
        return time.perf_counter() - begun


def _unpacked(body: bytes) -> bytes:
    import gzip

    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


async def _all_at_once(port: int, links: list[NewLink]) -> tuple[Tally, list[float], float]:
    tally = Tally()
    holders = [Holder(port, tally) for _ in links]
    for holder in holders:
        await holder.begin()
    begun = time.perf_counter()
    took = await asyncio.gather(*(holder.look(link) for holder, link in zip(holders, links, strict=True)))
    whole = time.perf_counter() - begun
    for holder in holders:
        holder.writer.close()
    return tally, list(took), whole


def _report(title: str, tally: Tally, took: list[float], whole: float) -> bool:
    print(f"\n{title}: all through after {whole:.1f} s")
    for what, seconds in tally.took.items():
        seconds.sort()
        p50, p99 = statistics.median(seconds), seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]
        print(f"  {what:9} {len(seconds):5} answers, median {p50 * 1000:6.0f} ms, p99 {p99 * 1000:6.0f} ms")
    took.sort()
    print(f"  from the page to the pictures: median {statistics.median(took):.2f} s, slowest {took[-1]:.2f} s")
    print(f"  asked to come again: {tally.waited}; answers: {dict(tally.answers)}")
    expected = {
        "page: 200",
        "secret: 200",
        "secret: 401",
        "secret: 503",
        "passcode: 200",
        "passcode: 503",
        "picture: 200",
    }
    return set(tally.answers) <= expected


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="forty holders")
    holders = 40 if arguments.parse_args().quick else _HOLDERS
    with tempfile.TemporaryDirectory() as folder:
        data, source = Path(folder) / "data", Path(folder) / "source"
        write_ct_series(source, 5, 256, 256)
        app = build(Settings(data_dir=data, workers=1))
        app.intake.take_in([source])
        (study,) = (row.id for row in app.archive.studies())
        plain = [app.sharing.create_link([study]) for _ in range(holders)]
        locked = [app.sharing.create_link([study], passcode="482913") for _ in range(holders)]
        app.close()
        port = free_port()
        command = [sys.executable, "-m", "undisc", "serve", "--port", str(port), "--data-dir", str(data)]
        with Path(os.devnull).open("wb") as nowhere:
            server = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
            try:
                wait_until_it_listens(port, server)
                fine = True
                for title, links in ((f"{holders} links", plain), (f"{holders} links with a passcode", locked)):
                    fine = _report(title, *asyncio.run(_all_at_once(port, links))) and fine
            finally:
                server.terminate()
                server.wait()
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
