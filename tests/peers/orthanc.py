"""An Orthanc of a test's own, which knows us as a modality and, where told so, as a DICOMweb server."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.door.dicom_door import free_port

_ORTHANC = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
needs_orthanc = pytest.mark.skipif(not os.access(_ORTHANC, os.X_OK), reason="Orthanc is not installed")
needs_dicomweb = pytest.mark.skipif(not _PLUGIN.exists(), reason="Orthanc's DICOMweb plugin is not installed")


@dataclass
class Orthanc:
    dicom_port: int
    client: httpx.Client

    def instances(self) -> set[str]:
        """SOP Instance UIDs that it has."""
        found = self.client.get("/instances?expand").json()
        return {each["MainDicomTags"]["SOPInstanceUID"] for each in found}

    def post(self, path: str, body: Any) -> httpx.Response:
        content = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.client.post(path, content=content).raise_for_status()


@contextmanager
def running_orthanc(
    folder: Path, *, modality: int | None = None, server: dict[str, Any] | None = None
) -> Iterator[Orthanc]:
    """modality: the port of our DICOM door. server: our DICOMweb door, as Orthanc's configuration spells it."""
    http, dicom = free_port(), free_port()
    folder.mkdir()
    undisc = {"AET": "UNDISC", "Host": "127.0.0.1", "Port": modality, "AllowStorageCommitment": True}
    configuration = {
        "Name": "peer",
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "HttpPort": http,
        "DicomPort": dicom,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": True,
        "AuthenticationEnabled": False,
        "RemoteAccessAllowed": False,
        "DicomModalities": {"undisc": undisc} if modality else {},
        "DicomWeb": {"Servers": {"undisc": server} if server else {}},
        "Plugins": [str(_PLUGIN)] if _PLUGIN.exists() else [],
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    log = (folder / "log").open("wb")
    running = subprocess.Popen([_ORTHANC, str(folder / "orthanc.json")], stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{http}", timeout=60) as client:
            _wait(client)
            yield Orthanc(dicom, client)
    finally:
        running.terminate()
        running.wait(30)
        log.close()


def _wait(client: httpx.Client) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            client.get("/system").raise_for_status()
            return
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
