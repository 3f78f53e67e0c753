"""Runs the web door on uvicorn: one process, its own log lines only, and time to finish what it is sending."""

import asyncio
import gc
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from fastapi import FastAPI

from undisc.web.lending import LendingProtocol

_SECONDS_TO_FINISH = 10


def run(
    app: FastAPI,
    host: str,
    port: int,
    *,
    behind_proxy: bool = False,
    on_ready: Callable[[int], None] | None = None,
) -> None:
    """Serve until the process is told to stop (SIGINT, SIGTERM); requests under way get ten seconds to end.

    behind_proxy: believe X-Forwarded-For and X-Forwarded-Proto from a proxy on this machine; without one in front
    anybody could write them. on_ready: called with the port once the server listens (port 0 takes any free one).
    Raises OSError where the address cannot be had.
    """
    listening = listen(host, port)
    if on_ready is not None:
        on_ready(listening.getsockname()[1])
    # Modules and routes stay for good: the collector need not look at them again while it serves.
    gc.collect()
    gc.freeze()
    with suppress(KeyboardInterrupt):  # the server has ended in order by then
        asyncio.run(make_server(app, behind_proxy=behind_proxy).serve(sockets=[listening]))


def listen(host: str, port: int) -> socket.socket:
    """A socket on which a caller waits, from now on, instead of being refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Head and body of an answer are two small writes: held back for an acknowledgement in between, each picture
    # would come 40 ms late. Connections inherit the option.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.bind((host, port))
    listening.listen(512)
    return listening


def make_server(app: FastAPI, *, behind_proxy: bool = False) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=LendingProtocol,
        log_config=None,
        log_level="warning",  # below it, uvicorn may log whole requests
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        timeout_keep_alive=30,
        ws="none",
        lifespan="off",
    )
    return uvicorn.Server(config)
