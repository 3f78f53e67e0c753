"""`undisc token` lets a system in until it is revoked, shows its secret once and never keeps it."""

from pathlib import Path

from tests.door.command_line import files_below, undisc


def test_a_token_is_made_listed_and_revoked(tmp_path: Path) -> None:
    made = undisc("token", "create", "--name", "pacs", "--scope", "read,write", "--expires", "30d", data=tmp_path)
    assert made.code == 0
    secret = made.out.splitlines()[0]
    assert secret.startswith("undisc_")
    assert len(secret) == 50
    listed = undisc("token", "list", "--json", data=tmp_path)
    assert secret not in listed.out
    (entry,) = listed.json
    assert (entry["name"], entry["scopes"], entry["state"], entry["last_used"]) == (
        "pacs",
        ["read", "write"],
        "valid",
        None,
    )
    assert undisc("token", "revoke", "pacs", data=tmp_path).out == "The token is revoked.\n"
    assert undisc("token", "revoke", "pacs", data=tmp_path).out == "The token was revoked already.\n"
    assert undisc("token", "list", "--json", data=tmp_path).json[0]["state"] == "revoked"
    for path in files_below(tmp_path):
        assert secret.encode() not in (tmp_path / path).read_bytes()
    assert undisc("audit", "verify", data=tmp_path).code == 0


def test_what_makes_no_sound_token_is_refused_in_plain_words(tmp_path: Path) -> None:
    assert undisc("token", "create", "--name", "pacs", data=tmp_path).code == 0
    for arguments, said in (
        (("create", "--name", "pacs"), "There is a token of that name already."),
        (("create", "--name", "other", "--scope", "everything"), "Scopes are: read"),
        (("create", "--name", "two words"), "A token's name is"),
        (("revoke", "nobody"), "There is no token of that name."),
    ):
        ran = undisc("token", *arguments, data=tmp_path)
        assert ran.code != 0
        assert said in ran.err
