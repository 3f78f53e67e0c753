"""A certificate authority of a test's own, and what it vouches for; made by openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    certificate: Path
    key: Path


class Authority:
    def __init__(self, folder: Path, name: str = "authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.own = Pair(folder / f"{name}.pem", folder / f"{name}.key")
        _openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"),
            *("-keyout", self.own.key, "-out", self.own.certificate),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        )

    def vouch(self, name: str) -> Pair:
        """A certificate for this name at this machine's own address."""
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        _openssl(
            *("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", pair.key, "-out", request)
        )
        _openssl(
            *("x509", "-req", "-days", "2", "-in", request, "-out", pair.certificate, "-extfile", extensions),
            *("-CA", self.own.certificate, "-CAkey", self.own.key, "-CAcreateserial"),
        )
        return pair


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *(str(each) for each in arguments)], check=True, capture_output=True)
