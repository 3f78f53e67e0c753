"""A token is looked up again as soon as anything may have changed it, on either kind of database."""

from contextlib import closing
from pathlib import Path

from tests.contract.conftest import Place

from undisc.accounts.policy import state_of
from undisc.app import build


def test_what_one_replica_revokes_the_others_know_at_once(place: Place) -> None:
    with closing(build(place.settings("a"))) as one, closing(build(place.settings("b"))) as other:
        made = one.accounts.create_token("pacs", ["read"])
        for _ in range(3):
            token = other.accounts.recall(made.secret) or other.accounts.whose(made.secret)
            assert token is not None
            assert state_of(token, other.clock.now()) == "valid"
        assert one.accounts.revoke_token("pacs")
        token = other.accounts.recall(made.secret) or other.accounts.whose(made.secret)
        assert token is not None
        assert state_of(token, other.clock.now()) == "revoked"


def test_a_folders_tokens_are_recalled_until_something_is_committed(tmp_path: Path) -> None:
    with closing(build(Place("sqlite+folder", tmp_path / "data", None, None).settings())) as app:
        secret = app.accounts.create_token("pacs", ["read"]).secret
        app.accounts.whose(secret)  # notes the hour, which is a commit
        assert app.accounts.recall(secret) is None
        app.accounts.whose(secret)
        assert app.accounts.recall(secret) == app.accounts.whose(secret)
        assert app.accounts.recall(secret + "x") is None
        app.accounts.create_token("another", ["read"])
        assert app.accounts.recall(secret) is None
