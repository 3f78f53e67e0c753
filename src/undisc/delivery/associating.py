"""Associations that we ask for: only with peers of the directory, with TLS where they want it."""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext, build_context

from undisc.delivery.model import Identity, Peer, PeerUnreachable, TlsFiles
from undisc.dicom.wrapper import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

Context = tuple[str, tuple[str, ...]]


@contextmanager
def associated(
    peer: Peer,
    identity: Identity,
    contexts: Iterable[Context],
    *,
    provides: Sequence[str] = (),
    handlers: Sequence[tuple[Any, ...]] = (),
) -> Iterator[Association]:
    """An established association, released in the end (aborted where the block raises).

    contexts: abstract syntax and transfer syntaxes of each presentation context, at most 128. provides: SOP classes
    for which we take the other side's part (C-GET, storage commitment). Raises PeerUnreachable.
    """
    assoc = _associate(peer, identity, contexts, provides, handlers)
    try:
        yield assoc
    except BaseException:
        if assoc.is_established:
            assoc.abort()
        raise
    if assoc.is_established:
        assoc.release()


def _associate(
    peer: Peer, identity: Identity, contexts: Iterable[Context], provides: Sequence[str], handlers: Sequence[Any]
) -> Association:
    if not peer.host:
        raise PeerUnreachable(f"{peer.name} has no DICOM address: add it with AE@host:port.")
    entity = ApplicationEntity(identity.ae_title)
    entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    entity.connection_timeout = identity.connect_seconds
    entity.acse_timeout = identity.acse_seconds
    entity.dimse_timeout = identity.dimse_seconds
    entity.network_timeout = identity.network_seconds
    tls = (client_context(identity.tls), peer.host) if peer.tls else None
    try:
        assoc = entity.associate(
            _resolved(peer),
            peer.port,
            contexts=[_context(*each) for each in contexts],
            ae_title=peer.ae_title,
            max_pdu=identity.pdu_bytes,
            ext_neg=[_role(sop_class) for sop_class in dict.fromkeys(provides)],
            tls_args=tls,
            evt_handlers=[(evt.EVT_CONN_OPEN, _without_delay), *handlers],
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise PeerUnreachable(f"{peer.name} cannot be called: {type(error).__name__}.") from error
    if assoc.is_established:
        return assoc
    if assoc.is_rejected:
        raise PeerUnreachable(
            f"{peer.name} does not let us in: it has to know us as {identity.ae_title}, and be called {peer.ae_title}."
        )
    if assoc.acceptor.primitive is not None and not assoc.accepted_contexts:
        raise PeerUnreachable(f"{peer.name} answers, and offers none of what is needed.")
    raise PeerUnreachable(f"{peer.name} does not answer at {peer.address}.")


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """TLS 1.2 or later (PS3.15 B.9), believing the given authorities, and saying who we are where we have files."""
    context = ssl.create_default_context(
        ssl.Purpose.SERVER_AUTH, cafile=str(files.authorities) if files.authorities else None
    )
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if files.certificate:
        context.load_cert_chain(files.certificate, files.key)
    return context


@contextmanager
def reactor_paused(assoc: Association) -> Iterator[None]:
    """Keeps pynetdicom's own loop from taking the answers that we wait for."""
    assoc._reactor_checkpoint.clear()
    while not assoc._is_paused and assoc.is_alive():
        time.sleep(0.0001)
    try:
        yield
    finally:
        assoc._reactor_checkpoint.set()


def _resolved(peer: Peer) -> str:
    try:
        found = socket.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PeerUnreachable(f"{peer.name} cannot be called: its host {peer.host} is not known.") from error
    addresses = [str(info[4][0]) for info in found]
    return next((address for address in addresses if "." in address), addresses[0])


def _context(abstract_syntax: str, transfer_syntaxes: Sequence[str]) -> PresentationContext:
    return build_context(abstract_syntax, list(transfer_syntaxes))


def _role(sop_class: str) -> SCP_SCU_RoleSelectionNegotiation:
    role = SCP_SCU_RoleSelectionNegotiation()
    role.sop_class_uid = sop_class
    role.scu_role, role.scp_role = False, True
    return role


def _without_delay(event: Any) -> None:
    """A command and its data set are two writes: the second must not wait for the first's acknowledgement (Nagle)."""
    wrapped = event.assoc.dul.socket
    if wrapped is not None and wrapped.socket is not None:
        wrapped.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
