"""`undisc reject` hides and `undisc restore` shows again; `undisc purge` deletes nothing before its time."""

from pathlib import Path

from tests.door.command_line import undisc
from tests.factories.instances import ADA, Place, image


def _archive(folder: Path) -> tuple[Path, str]:
    source, data = folder / "disc", folder / "data"
    source.mkdir()
    for number in (1, 2):
        dataset = image(ADA, Place(1, 1, number, 2), rows=16, columns=16)
        dataset.save_as(source / f"IM{number}", enforce_file_format=True)
    assert undisc("import", str(source), data=data).code == 0
    return data, str(dataset.StudyInstanceUID)


def test_a_study_is_rejected_listed_refused_and_restored(tmp_path: Path) -> None:
    data, study = _archive(tmp_path)
    hidden = undisc("reject", study, "--reason", "Wrong patient.", data=data)
    assert hidden.code == 0
    assert "2 images are hidden" in hidden.out
    assert undisc("studies", "--json", data=data).json == []
    (entry,) = undisc("rejected", "--json", data=data).json
    assert (entry["study_uid"], entry["instances"], entry["by"], entry["reason"]) == (
        study,
        2,
        "operator",
        "Wrong patient.",
    )
    assert "Wrong patient." in undisc("rejected", data=data).out
    again = undisc("import", str(tmp_path / "disc"), "--json", data=data)
    assert (again.json["duplicate"], again.json["stored"]) == (2, 0)
    assert all("rejected here" in item["reason"] for item in again.json["items"])
    assert undisc("purge", "--reason", "Asked for.", "--yes", data=data).out.startswith("Nothing that was rejected may")
    assert len(list((data / "studies").rglob("*.dcm"))) == 2
    assert "2 images are shown again" in undisc("restore", study, data=data).out
    assert undisc("studies", "--json", data=data).json[0]["instances"] == 2
    assert undisc("audit", "verify", data=data).code == 0


def test_what_is_not_here_or_not_told_clearly_is_not_rejected(tmp_path: Path) -> None:
    data, study = _archive(tmp_path)
    assert undisc("reject", "1.2.3", "--reason", "?", data=data).code == 1
    assert undisc("restore", study, data=data).code == 1
    assert undisc("reject", study, data=data).code == 2
    assert undisc("reject", study, "--reason", " ", data=data).code == 2
    assert undisc("reject", study, "--reason", "?", "--instance", "1.2", data=data).code == 2
    assert undisc("purge", data=data).code == 2
    assert undisc("studies", "--json", data=data).json[0]["instances"] == 2
