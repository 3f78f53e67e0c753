"""A real nginx for the tests, in a folder of its own, with the very configuration that docs/operate gives."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.factories.servers import free_port, wait_until_it_listens

CONFIGURATION = Path(__file__).resolve().parents[2] / "docs" / "operate" / "nginx.conf"
REPLICA = "X-Replica"
"""The header by which the tests are told which replica answered."""

# What surrounds the configuration, as a distribution's nginx.conf does. Nothing here is of use to Undisc.
_AROUND = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    add_header {header} $upstream_addr always;
    include {folder}/undisc.conf;
}}
"""


def _program() -> str:
    """Where nginx is; skips where it is not installed."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        pytest.skip("nginx is not installed")
    return found


def written(folder: Path, port: int, replicas: Sequence[int]) -> Path:
    """The main file of a configuration whose upstream is these ports of this machine; the rest is as documented."""
    text = CONFIGURATION.read_text()
    for number, replica in enumerate(replicas, 1):
        text, changed = re.subn(rf"\bserver undisc-{number}:8080\b", f"server 127.0.0.1:{replica}", text)
        assert changed == 1, f"nginx.conf names undisc-{number} {changed} times"
    text, changed = re.subn(r"\blisten 80;", f"listen 127.0.0.1:{port};", text)
    assert changed == 1, f"nginx.conf listens {changed} times on port 80"
    assert "undisc-" not in text, "nginx.conf names more replicas than there are"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "undisc.conf").write_text(text)
    main = folder / "nginx.conf"
    # Workers of a server that root starts are nobody, who may not look into a test's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    main.write_text(_AROUND.format(user=user, folder=folder, header=REPLICA))
    return main


def checked(main: Path) -> "subprocess.CompletedProcess[str]":
    """What nginx itself says of a configuration."""
    command = [_program(), "-t", "-q", "-e", str(main.parent / "error.log"), "-p", str(main.parent), "-c", str(main)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@contextmanager
def running_nginx(folder: Path, replicas: Sequence[int]) -> Iterator[str]:
    """The address of an nginx in front of these ports."""
    port = free_port()
    main = written(folder, port, replicas)
    command = [_program(), "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(main)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)
