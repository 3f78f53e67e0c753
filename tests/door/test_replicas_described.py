"""The examples of docs/operate for several replicas fit the program, and each other: names, ports, paths, settings."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import uvicorn
import yaml
from tests.door.running import Door
from tests.factories.nginx import CONFIGURATION, checked, written

from undisc.cli.main import app
from undisc.settings import Settings

_ROOT = Path(__file__).resolve().parents[2]
_FOLDER = _ROOT / "docs" / "operate"
_COMPOSE = yaml.safe_load((_FOLDER / "compose.yaml").read_text())
_KUBERNETES = list(yaml.safe_load_all((_FOLDER / "kubernetes.yaml").read_text()))
_DOCKERFILE = re.sub(r"\\\n\s*", "", (_FOLDER / "Dockerfile").read_text())
# What the S3 client takes from its surroundings, of all that has this beginning.
_AWS = {"AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def _instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", _DOCKERFILE, re.MULTILINE)


def _kind(kind: str) -> dict[str, Any]:
    (found,) = [each for each in _KUBERNETES if each["kind"] == kind]
    return found


def _container() -> dict[str, Any]:
    (found,) = _kind("Deployment")["spec"]["template"]["spec"]["containers"]
    return found


def _replicas() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in _COMPOSE["services"].items() if service.get("image") == "undisc"}


def _mentioned() -> Iterator[str]:
    """Every setting that an example or its page of text gives to the program."""
    for service in _replicas().values():
        yield from service["environment"]
    yield from (each["name"] for each in _container()["env"])
    for path in _FOLDER.iterdir():
        if path.is_file():
            yield from re.findall(r"\b(?:UNDISC|AWS)_[A-Z_]+\b", path.read_text())


def test_every_setting_that_is_given_exists() -> None:
    known = {f"UNDISC_{name.upper()}" for name in Settings.model_fields} | _AWS | {"FORWARDED_ALLOW_IPS"}
    assert sorted(set(_mentioned()) - known) == []


def test_values_that_are_given_are_taken() -> None:
    for given in (
        next(iter(_replicas().values()))["environment"],
        {each["name"]: each["value"] for each in _container()["env"]},
    ):
        values = {name.removeprefix("UNDISC_").lower(): value for name, value in given.items() if "UNDISC_" in name}
        settings = Settings.model_validate(values)
        assert settings.behind_proxy
        assert settings.audit_key_file
        assert settings.storage_url == "s3://undisc/archive"


def test_only_the_proxys_addresses_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    given = next(iter(_replicas().values()))["environment"]["FORWARDED_ALLOW_IPS"]
    (network,) = _COMPOSE["networks"]["inside"]["ipam"]["config"]
    assert given == network["subnet"]
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", given)
    assert uvicorn.Config("undisc").forwarded_allow_ips == given


def test_nginx_takes_its_configuration_as_it_is(tmp_path: Path) -> None:
    main = written(tmp_path / "good", 8081, [8082, 8083])
    done = checked(main)
    assert (done.returncode, done.stderr) == (0, "")
    wrong = written(tmp_path / "wrong", 8081, [8082, 8083])
    text = (wrong.parent / "undisc.conf").read_text()
    (wrong.parent / "undisc.conf").write_text(text.replace("proxy_pass", "proxy_passes"))
    assert checked(wrong).returncode == 1


def test_nginx_asks_the_replicas_that_compose_starts(tmp_path: Path) -> None:
    upstream = re.findall(r"^\s*server ([\w-]+):(\d+)\b", CONFIGURATION.read_text(), re.MULTILINE)
    assert {name for name, _ in upstream} == set(_replicas()) == set(_COMPOSE["services"]["nginx"]["depends_on"])
    assert {port for _, port in upstream} == set(_instructions("EXPOSE"))
    (mounted,) = _COMPOSE["services"]["nginx"]["volumes"]
    assert (_FOLDER / mounted.split(":")[0]).samefile(CONFIGURATION)
    (published,) = _COMPOSE["services"]["nginx"]["ports"]
    assert f"listen {published.split(':')[1]};" in CONFIGURATION.read_text()


def test_what_compose_refers_to_is_there() -> None:
    services = _COMPOSE["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        assert set(service.get("networks", ())) <= set(_COMPOSE["networks"]), name
        assert set(service.get("secrets", ())) <= set(_COMPOSE["secrets"]), name
        named = [volume.split(":")[0] for volume in service.get("volumes", ()) if ":" in volume]
        assert {volume for volume in named if volume[0] not in "./"} <= set(_COMPOSE["volumes"]), name
        if "build" in service:
            context = (_FOLDER / service["build"]["context"]).resolve()
            assert context == _ROOT
            assert (context / service["build"]["dockerfile"]).samefile(_FOLDER / "Dockerfile")
    for service in _replicas().values():
        given = service["environment"]
        assert given["UNDISC_AUDIT_KEY_FILE"] in {f"/run/secrets/{name}" for name in service["secrets"]}
        assert given["UNDISC_DATA_DIR"] in service["volumes"]
        database = re.fullmatch(r"postgresql\+psycopg://(\w+):\$\{[^}]+\}@(\w+)/(\w+)", given["UNDISC_DATABASE_URL"])
        assert database is not None
        user, host, name = database.groups()
        assert (user, name) == tuple(services[host]["environment"][key] for key in ("POSTGRES_USER", "POSTGRES_DB"))
    asked = set(re.findall(r"\$\{(\w+):\?", (_FOLDER / "compose.yaml").read_text()))
    assert asked == set(re.findall(r"([A-Z_]+_PASSWORD)=%s", (_FOLDER / "growing.md").read_text()))


def test_the_image_is_made_of_what_is_there_and_starts_a_command_that_is() -> None:
    for copied in _instructions("COPY"):
        if "--from=" not in copied:
            assert (_ROOT / copied.split()[0]).exists(), copied
    for requirements in re.findall(r"-r (requirements/\S+)", _DOCKERFILE):
        assert (_ROOT / requirements).is_file()
    command = json.loads(_instructions("CMD")[-1])
    assert command[0] == "undisc"
    serve = getattr(typer.main.get_command(app), "commands", {})[command[1]]
    with serve.make_context("serve", command[2:]) as context:
        assert (context.params["host"], str(context.params["port"])) == ("0.0.0.0", _instructions("EXPOSE")[0])
    assert _instructions("USER") == ["10001"]


def test_what_is_in_the_image_is_locked() -> None:
    installs = [line for line in _instructions("RUN") if "pip " in line]
    assert len(installs) == 4
    for line in installs:
        assert "--require-hashes" in line or "--no-deps" in line, line


def test_the_images_health_is_asked_for_where_it_is_told(standing_door: Door) -> None:
    (check,) = _instructions("HEALTHCHECK")
    command = json.loads(check[check.index("[") :])
    assert command[0] == "python"
    port = _instructions("EXPOSE")[0]
    here = standing_door.base.rpartition(":")[2]
    for replaced, code in ((f":{here}/", 0), (f":{here}/not-there/", 1), (":1/", 1)):
        given = [sys.executable, *(each.replace(f":{port}/", replaced) for each in command[1:])]
        assert subprocess.run(given, capture_output=True, check=False).returncode == code, given


def test_kubernetes_parts_fit_each_other_and_the_image(standing_door: Door) -> None:
    deployment, service, ingress = (_kind(kind) for kind in ("Deployment", "Service", "Ingress"))
    pod = deployment["spec"]["template"]["spec"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels == service["spec"]["selector"]
    container = _container()
    (exposed,) = (each["containerPort"] for each in container["ports"])
    assert str(exposed) == _instructions("EXPOSE")[0]
    (port,) = service["spec"]["ports"]
    assert port["targetPort"] == exposed
    for probe in ("readinessProbe", "livenessProbe"):
        asked = container[probe]["httpGet"]
        assert asked["port"] == exposed
        assert standing_door.client.get(asked["path"]).status_code == 200
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": service["metadata"]["name"], "port": {"number": port["port"]}}
    assert str(pod["securityContext"]["runAsUser"]) == _instructions("USER")[0]
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}
    places = [Path(each["mountPath"]) for each in container["volumeMounts"]]
    given = {each["name"]: each["value"] for each in container["env"]}
    assert Path(given["UNDISC_DATA_DIR"]) in places
    assert Path(given["UNDISC_AUDIT_KEY_FILE"]).parent in places
    assert given["UNDISC_PUBLIC_URL"] == f"https://{rule['host']}"
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]


def test_secrets_that_kubernetes_wants_are_those_that_are_made_beforehand() -> None:
    pod = _kind("Deployment")["spec"]["template"]["spec"]
    wanted = {each["secretRef"]["name"] for each in _container()["envFrom"]}
    wanted |= {each["secret"]["secretName"] for each in pod["volumes"] if "secret" in each}
    head = "".join(
        line.removeprefix("#").rstrip().removesuffix("\\")
        for line in (_FOLDER / "kubernetes.yaml").read_text().splitlines(keepends=True)
        if line.startswith("#")
    )
    made = set(re.findall(r"kubectl create secret generic (\S+)", head))
    assert made == wanted
    literals = {word.split("=")[1] for word in shlex.split(head, comments=True) if word.startswith("--from-literal")}
    assert literals == {"UNDISC_DATABASE_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
