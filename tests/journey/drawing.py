"""The viewer's own decoder and renderers on a page of their own, which draws what it is given pixel by pixel."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from undisc.archive.manifest import describe_frames, fold, share_out
from undisc.archive.model import InstanceRow, Names
from undisc.dicom.model import Scanned
from undisc.dicom.pixels.derive import derive
from undisc.dicom.pixels.extras import unpack_extras
from undisc.dicom.pixels.model import Undecodable
from undisc.dicom.pixels.pack import read_blob, read_extras, read_table
from undisc.dicom.scan import scan
from undisc.dicom.uid import SeriesUID, SOPInstanceUID, StudyUID

VIEWER = Path(__file__).resolve().parents[2] / "viewer"
_TYPES = {".js": "text/javascript", ".wasm": "application/wasm"}
_PAGE = b'<!doctype html><meta charset="utf-8"><title>Drawing</title><script type="module" src="drawing.js"></script>'


@dataclass
class Shown:
    """One file as the server would show it: manifest and frames, and what the page made of them."""

    manifest: dict[str, Any]
    wires: list[tuple[str, bytes]]
    previews: list[bytes]
    drawn: dict[tuple[int, str], np.ndarray] = field(default_factory=dict)

    def entry(self, index: int) -> dict[str, Any]:
        return self.manifest["common"] | self.manifest["frames"][index]


def show(path: Path, folder: Path, most_frames: int) -> Shown | str:
    """Derive a file and describe it as the archive does; or why there is nothing to show."""
    pack_path = folder / "pack"
    derived = derive(path, folder / "partial", pack_path)
    if isinstance(derived, Undecodable):
        return derived.reason
    scanned = scan(path.read_bytes())
    assert isinstance(scanned, Scanned)
    names = Names(StudyUID("2.25.1"), SeriesUID("2.25.2"), SOPInstanceUID("2.25.3"))
    row = InstanceRow(1, 1, 1, names, "", "", 1, None, None, 1, 0, 0, "", "", "", "done", "")
    with pack_path.open("rb") as pack:
        table = read_table(pack)
        extras = unpack_extras(read_extras(pack))
        entries = [entry for _, entry in describe_frames(row, scanned, table, extras)][:most_frames]
        wires = [(entry.wire_kind.name, read_blob(pack, entry.wire)) for entry in table][:most_frames]
        previews = [read_blob(pack, entry.preview) for entry in table][:most_frames]
    shared = share_out(entries)
    common, frames = fold(entries)
    manifest = {"id": 1, **shared, "common": common, "frames": frames}
    return Shown(json.loads(json.dumps(manifest, allow_nan=False)), wires, previews)


def build_page(folder: Path) -> None:
    command = ["npx", "vite", "build", "--config", "tests/page/vite.config.ts", "--outDir", str(folder)]
    built = subprocess.run(command, cwd=VIEWER, capture_output=True, text=True, check=False, timeout=180)
    assert built.returncode == 0, built.stderr


@contextmanager
def drawing_server(built: Path, shown: dict[str, Shown]) -> Iterator[str]:
    """Serves the page, and the files in `shown` by name; what is drawn of them is put there."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self, body: bytes, kind: str, **headers: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            match self.path.strip("/").split("/"):
                case [name, "manifest"]:
                    self._answer(json.dumps(shown[name].manifest).encode(), "application/json")
                case [name, "frames", index]:
                    kind, wire = shown[name].wires[int(index)]
                    packed = {"Content_Encoding": "gzip"} if kind == "RAW_GZIP" else {}
                    self._answer(wire, "application/octet-stream", **packed)
                case [""]:
                    self._answer(_PAGE, "text/html")
                case parts:
                    file = built.joinpath(*parts)
                    if file.suffix in _TYPES and file.is_file():
                        self._answer(file.read_bytes(), _TYPES[file.suffix])
                    else:
                        self.send_error(404)

        def do_POST(self) -> None:
            name, _, index, renderer = self.path.strip("/").split("/")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            entry = shown[name].entry(int(index))
            picture = np.frombuffer(body, "u1").reshape(entry["rows"], entry["columns"], 3)
            shown[name].drawn[int(index), renderer] = picture
            self._answer(b"", "text/plain")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
