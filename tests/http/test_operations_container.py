"""Dockerfile and compose.yaml: what can be checked without a container engine."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from integrations.http.serving import STOP_SECONDS

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICE: dict[str, Any] = COMPOSE["services"]["beleidswijzer"]


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile with their arguments, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, " ".join(arguments.split())) for name, arguments in lines]


def arguments(name: str) -> list[str]:
    return [each for instruction, each in instructions() if instruction == name]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(place for place, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def test_the_base_is_pinned_to_the_python_that_the_tests_run_on() -> None:
    images = [each.split()[0] for each in arguments("FROM")]

    assert len(images) == 2
    assert set(images) == {"python:3.11-slim-bookworm"}


def test_the_image_runs_as_nobody_in_particular() -> None:
    users = [each for name, each in last_stage() if name == "USER"]
    names = [name for name, _ in last_stage()]

    assert users == ["10001:10001"]
    assert names.index("USER") > max(place for place, name in enumerate(names) if name in ("RUN", "COPY"))


def test_only_files_of_the_project_are_copied_and_they_are_not_kept_out() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sources = [word for each in arguments("COPY") if "--from" not in each for word in each.split()[:-1]]

    assert ignored[1] == "*"
    assert [source for source in sources if f"!{source}" not in ignored or not (ROOT / source).exists()] == []
    assert arguments("ADD") == []


def test_the_build_installs_what_pyproject_packages() -> None:
    packaged = re.search(r"only-include = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert packaged

    copied = {word for each in arguments("COPY") for word in each.split()}

    assert set(re.findall(r'"(.*?)"', packaged[1])) <= copied


def test_no_secret_is_built_in() -> None:
    settings = " ".join(arguments("ENV") + arguments("ARG") + [str(SERVICE["environment"])])

    assert not re.search(r"token|secret|password|api_?key|bw_[0-9a-f]", settings, re.IGNORECASE)


def test_the_image_starts_a_command_that_exists_and_is_stopped_softly() -> None:
    (command,) = arguments("CMD")[-1:]
    words = yaml.safe_load(command)
    assert arguments("ENTRYPOINT") == ['["beleidswijzer"]']
    assert arguments("STOPSIGNAL") == ["SIGTERM"]
    assert arguments("EXPOSE") == ["8000"]

    program = "from assistant.cli import main; main()"
    shown = subprocess.run(
        [sys.executable, "-c", program, words[0], "--help"], capture_output=True, text=True, check=True
    )

    assert all(word in shown.stdout for word in words if word.startswith("--"))


def test_the_health_check_is_a_program_that_python_takes() -> None:
    (check,) = arguments("HEALTHCHECK")
    words = yaml.safe_load(check[check.index("[") :])

    compile(words[2], "health", "exec")
    assert words == SERVICE["healthcheck"]["test"][1:]
    assert "/gezondheid/klaar" in words[2]


def test_the_service_can_write_nothing_but_its_index_and_data() -> None:
    assert SERVICE["read_only"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert SERVICE["user"] == "10001:10001"
    assert "privileged" not in SERVICE
    assert [volume.split(":")[1] for volume in SERVICE["volumes"]] == [
        "/var/lib/beleidswijzer/index",
        "/var/lib/beleidswijzer/data",
    ]
    assert set(COMPOSE["volumes"]) == {volume.split(":")[0] for volume in SERVICE["volumes"]}
    assert all("noexec" in mount for mount in SERVICE["tmpfs"])


def test_the_volumes_are_the_folders_that_the_image_works_with() -> None:
    settings = dict(word.split("=", 1) for each in arguments("ENV") for word in shlex.split(each))

    assert {settings["BELEIDSWIJZER_INDEX"], settings["BELEIDSWIJZER_DATA"]} == {
        volume.split(":")[1] for volume in SERVICE["volumes"]
    }


def test_the_service_is_bounded_and_reached_from_this_machine_only() -> None:
    assert SERVICE["ports"] == ["127.0.0.1:8000:8000"]
    assert SERVICE["mem_limit"]
    assert SERVICE["pids_limit"]
    assert int(SERVICE["stop_grace_period"].removesuffix("s")) > STOP_SECONDS


def has_compose() -> bool:
    docker = shutil.which("docker")
    return (
        docker is not None
        and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not has_compose(), reason="there is no docker compose")
def test_compose_itself_takes_the_file() -> None:
    command = ["docker", "compose", "config", "--quiet"]

    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (shown.returncode, shown.stderr) == (0, "")


POSTGRES = yaml.safe_load((ROOT / "compose.postgres.yaml").read_text(encoding="utf-8"))
PROCESSES = {name: each for name, each in POSTGRES["services"].items() if name != "database"}


def test_on_postgresql_every_process_is_as_locked_as_on_files() -> None:
    assert sorted(PROCESSES) == ["migrate", "serve", "slack", "worker"]
    for process in PROCESSES.values():
        assert {key: process[key] for key in ("read_only", "cap_drop", "security_opt", "user", "build", "image")} == {
            key: SERVICE[key] for key in ("read_only", "cap_drop", "security_opt", "user", "build", "image")
        }
        assert process["mem_limit"]
        assert process["pids_limit"]
        assert "volumes" not in process  # nothing is kept outside the database
        assert all("noexec" in mount for mount in process["tmpfs"])
        assert process["depends_on"] == {"database": {"condition": "service_healthy"}}


def test_on_postgresql_the_password_comes_from_outside_and_is_asked_for() -> None:
    addresses = {process["environment"]["INDEX_URL"] for process in PROCESSES.values()}

    assert addresses == {
        "postgresql://beleidswijzer:${DATABASE_PASSWORD:?}@${DATABASE_HOST:-database}/beleidswijzer",
    }
    assert POSTGRES["services"]["database"]["environment"]["POSTGRES_PASSWORD"] == "${DATABASE_PASSWORD:?}"


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_on_postgresql_every_process_starts_a_command_that_exists(name: str) -> None:
    command = PROCESSES[name]["command"]
    words = [word for word in command if not word.startswith(("-", "0.")) and not word.isdigit()]
    program = "from assistant.cli import main; main()"

    shown = subprocess.run(
        [sys.executable, "-c", program, *words, "--help"], capture_output=True, text=True, check=True
    )

    assert [word for word in command if word.startswith("--") and word not in shown.stdout] == []
