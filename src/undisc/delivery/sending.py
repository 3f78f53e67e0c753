"""Sending a study: by C-STORE in the syntaxes that are stored, or by STOW-RS."""

import time
from collections.abc import Sequence

from undisc.archive.model import InstanceRow
from undisc.archive.reading import Reader
from undisc.delivery import outgoing, policy, web
from undisc.delivery.associating import associated, reactor_paused
from undisc.delivery.ledger import Ledger
from undisc.delivery.model import Identity, Peer, PeerUnreachable, Watcher
from undisc.delivery.outgoing import Outgoing, Transcode

_STOWED_AT_ONCE = 25


def send(
    peer: Peer,
    rows: Sequence[InstanceRow],
    ledger: Ledger,
    reader: Reader,
    identity: Identity,
    transcode: Transcode,
    watcher: Watcher,
) -> None:
    """Send what the ledger does not have as confirmed, again and again with longer waits while the peer is away.

    Raises PeerUnreachable where the last try reached nobody; what was confirmed until then is in the ledger.
    """
    attempt = 0
    while True:
        before = [row for row in rows if not ledger.is_confirmed(row.names.instance)]
        if not before:
            return
        try:
            if peer.web_url:
                _stow(peer, before, ledger, reader, watcher)
            else:
                _store(peer, before, ledger, reader, identity, transcode, watcher)
            return
        except PeerUnreachable:
            ledger.write()
            left = sum(not ledger.is_confirmed(row.names.instance) for row in rows)
            attempt = 1 if left < len(before) else attempt + 1  # who gets further begins anew with the short waits
            wait = policy.wait_before(attempt)
            if wait is None:
                raise
            time.sleep(wait)


def _store(
    peer: Peer,
    rows: Sequence[InstanceRow],
    ledger: Ledger,
    reader: Reader,
    identity: Identity,
    transcode: Transcode,
    watcher: Watcher,
) -> None:
    for contexts in list(policy.groups_of_contexts((row.sop_class, row.transfer_syntax) for row in rows)):
        classes = {sop_class for sop_class, _ in contexts}
        with associated(peer, identity, contexts) as assoc, reactor_paused(assoc):
            message_id = 0
            for row in rows:
                if row.sop_class not in classes:
                    continue
                with outgoing.prepared(reader, row, assoc, transcode) as ready:
                    if not isinstance(ready, Outgoing):
                        ledger.fail(row.names.instance, ready.reason)
                    else:
                        message_id = outgoing.next_message_id(message_id)
                        status = outgoing.store(assoc, ready, message_id)
                        if status is None:
                            raise PeerUnreachable(f"{peer.name} stopped answering while pictures were sent to it.")
                        if outgoing.is_kept(status):
                            ledger.confirm(row.names.instance)
                        else:
                            ledger.fail(row.names.instance, f"The other side refused it (status {status:04X}).")
                watcher.done(1)


def _stow(peer: Peer, rows: Sequence[InstanceRow], ledger: Ledger, reader: Reader, watcher: Watcher) -> None:
    with web.WebPeer(peer) as service:
        for start in range(0, len(rows), _STOWED_AT_ONCE):
            some = rows[start : start + _STOWED_AT_ONCE]
            originals = [(row, reader.original(row.id)) for row in some]
            for row, original in originals:
                if original is None:
                    ledger.fail(row.names.instance, "Its file is not here any more.")
            there = [(row.names.instance, original) for row, original in originals if original is not None]
            for sop_uid, refusal in service.store(there).items():
                if refusal is None:
                    ledger.confirm(sop_uid)
                else:
                    ledger.fail(sop_uid, refusal)
            watcher.done(len(some))
