"""A server at a port that is known before it starts: passkeys are bound to the address that people reach it under."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from undisc.web.server import listen, make_server


@contextmanager
def serving_at(app: FastAPI, port: int) -> Iterator[None]:
    server = make_server(app)
    listening = listen("127.0.0.1", port)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield
    finally:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        server.should_exit = True
        thread.join()
        listening.close()
