"""The Kubernetes manifests in deploy/kubernetes: what can be checked without a cluster."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from assistant.settings import SECRETS, SECTION_VARIABLES, VARIABLES, load_settings
from integrations.http.serving import STOP_SECONDS

DEPLOY = Path(__file__).parents[1] / "deploy" / "kubernetes"
EXAMPLE = DEPLOY / "voorbeeldstad"
VERSIONS = ("1.31", "1.37")  # the oldest and the newest that we look at
PART = "app.kubernetes.io/component"

Manifest = dict[str, Any]


def manifests() -> Iterator[Manifest]:
    """Every object in the files, as written."""
    for path in sorted(DEPLOY.rglob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def named(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def of_kind(*kinds: str) -> list[Manifest]:
    return [each for each in manifests() if each["kind"] in kinds]


def pod(manifest: Manifest) -> Manifest:
    specification: Manifest = manifest["spec"]["template"]["spec"]
    return specification


def container(manifest: Manifest) -> Manifest:
    (only,) = pod(manifest)["containers"]
    return dict(only)


def deployment(part: str) -> Manifest:
    (found,) = [each for each in of_kind("Deployment") if each["metadata"]["labels"][PART] == part]
    return found


WORKLOADS = of_kind("Deployment", "Job")
each_workload = pytest.mark.parametrize("workload", WORKLOADS, ids=named)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", list(manifests()), ids=named)
def test_kubernetes_own_schema_takes_every_object(manifest: Manifest, version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def test_every_part_has_its_workload() -> None:
    assert sorted(map(named, WORKLOADS)) == [
        "Deployment/beleidswijzer-serve",
        "Deployment/beleidswijzer-slack",
        "Deployment/beleidswijzer-worker",
        "Job/beleidswijzer-migrate",
    ]


@each_workload
def test_a_container_has_no_rights_and_writes_nowhere_but_in_its_own_volumes(workload: Manifest) -> None:
    assert pod(workload)["automountServiceAccountToken"] is False
    assert pod(workload)["securityContext"]["runAsNonRoot"] is True
    assert pod(workload)["securityContext"]["runAsUser"] == 10001
    assert pod(workload)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(workload)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    volumes = {volume["name"]: volume for volume in pod(workload)["volumes"]}
    mounts = {mount["name"]: mount for mount in container(workload)["volumeMounts"]}
    assert set(mounts) == set(volumes)
    assert [name for name, volume in volumes.items() if not {"emptyDir", "configMap"} & set(volume)] == []
    assert all("sizeLimit" in volume["emptyDir"] for volume in volumes.values() if "emptyDir" in volume)


@each_workload
def test_a_container_is_bounded_in_memory_and_asks_for_what_it_needs(workload: Manifest) -> None:
    resources = container(workload)["resources"]

    assert set(resources["requests"]) == {"cpu", "memory"}
    assert set(resources["limits"]) == {"memory"}  # a limit on processor time only makes answers slow


@each_workload
def test_a_container_starts_a_command_that_exists_with_options_that_it_has(workload: Manifest) -> None:
    words = [word for word in container(workload)["args"] if not word.startswith(("-", "0.")) and not word.isdigit()]
    options = [word for word in container(workload)["args"] if word.startswith("--")]
    program = "from assistant.cli import main; main()"

    shown = subprocess.run(
        [sys.executable, "-c", program, *words, "--help"], capture_output=True, text=True, check=True
    )

    assert [option for option in options if option not in shown.stdout] == []


@each_workload
def test_a_secret_comes_from_a_secret_and_has_a_name_that_the_settings_know(workload: Manifest) -> None:
    entries = container(workload)["env"]

    assert [entry["name"] for entry in entries if "secretKeyRef" not in entry.get("valueFrom", {})] == []
    assert {entry["name"] for entry in entries} <= set(SECRETS.values())


def test_only_the_migration_has_the_login_of_the_owner() -> None:
    keys = {
        named(workload): entry["valueFrom"]["secretKeyRef"]["key"]
        for workload in WORKLOADS
        for entry in container(workload)["env"]
        if entry["name"] == "INDEX_URL"
    }

    assert keys == {
        "Deployment/beleidswijzer-serve": "INDEX_URL",
        "Deployment/beleidswijzer-slack": "INDEX_URL",
        "Deployment/beleidswijzer-worker": "INDEX_URL",
        "Job/beleidswijzer-migrate": "INDEX_OWNER_URL",
    }


def test_the_web_door_is_asked_whether_it_is_ready_and_whether_it_lives() -> None:
    serve = container(deployment("serve"))
    ports = {port["name"]: port["containerPort"] for port in serve["ports"]}

    paths = {name: serve[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")}

    assert ports == {"http": 8000}
    assert serve["args"][serve["args"].index("--port") + 1] == "8000"
    assert paths == {
        "startup": "/gezondheid/klaar",
        "readiness": "/gezondheid/klaar",
        "liveness": "/gezondheid/leeft",
    }


def test_a_worker_is_asked_whether_it_lives() -> None:
    worker = container(deployment("worker"))
    (port,) = worker["ports"]

    assert worker["args"][worker["args"].index("--port") + 1] == str(port["containerPort"])
    assert {worker[f"{name}Probe"]["httpGet"]["port"] for name in ("startup", "liveness")} == {port["name"]}
    assert worker["livenessProbe"]["httpGet"]["path"] == "/gezondheid/leeft"


def test_answers_are_finished_before_a_pod_is_killed() -> None:
    grace = {part: pod(deployment(part))["terminationGracePeriodSeconds"] for part in ("serve", "slack", "worker")}
    pause = int(container(deployment("serve"))["lifecycle"]["preStop"]["exec"]["command"][1])

    assert grace["serve"] > STOP_SECONDS + pause
    assert grace["slack"] > STOP_SECONDS


def test_what_selects_pods_selects_the_ones_that_are_made() -> None:
    made = {workload["metadata"]["labels"][PART] for workload in WORKLOADS}

    for workload in of_kind("Deployment"):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert workload["spec"]["selector"]["matchLabels"].items() <= labels.items()
        assert labels[PART] == workload["metadata"]["labels"][PART]
    (service,) = of_kind("Service")
    assert service["spec"]["selector"][PART] == "serve"
    assert service["spec"]["ports"][0]["targetPort"] == "http"
    policies = [policy["spec"]["podSelector"]["matchLabels"] for policy in of_kind("NetworkPolicy")]
    assert {labels[PART] for labels in policies if PART in labels} <= made


def test_nothing_comes_in_or_goes_out_but_what_a_policy_names() -> None:
    policies = {policy["metadata"]["name"]: policy["spec"] for policy in of_kind("NetworkPolicy")}
    shut = policies.pop("beleidswijzer-dicht")

    assert shut == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "beleidswijzer"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    assert {
        (name, direction, port["port"])
        for name, policy in policies.items()
        for direction in ("ingress", "egress")
        for rule in policy.get(direction, [])
        for port in rule["ports"]
    } == {
        ("beleidswijzer-web", "ingress", 8000),
        ("beleidswijzer-database", "egress", 53),
        ("beleidswijzer-database", "egress", 5432),
        ("beleidswijzer-slack", "egress", 443),
    }


def test_the_namespace_takes_only_pods_without_rights() -> None:
    (namespace,) = of_kind("Namespace")

    assert namespace["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}


def test_the_settings_of_the_example_are_settings(tmp_path: Path) -> None:
    kustomization = yaml.safe_load((EXAMPLE / "kustomization.yaml").read_text(encoding="utf-8"))
    literals = next(each["literals"] for each in kustomization["configMapGenerator"] if "literals" in each)
    environ = dict(each.split("=", 1) for each in literals)
    shutil.copy(EXAMPLE / "beleidswijzer.toml", tmp_path)

    settings = load_settings(environ=environ, cwd=tmp_path)

    assert set(environ) <= {*VARIABLES.values(), *SECTION_VARIABLES.values()}
    assert settings.http.organisation == "Gemeente Voorbeeldstad"
    assert settings.http.base_url == "https://beleidswijzer.voorbeeldstad.example"
    assert settings.database.organisation == "voorbeeldstad"


def kustomize() -> list[str] | None:
    """A kubectl whose kustomize is new enough for components and labels."""
    found = shutil.which("kubectl")
    if found is None:
        return None
    shown = subprocess.run([found, "version", "--client"], capture_output=True, text=True, check=False).stdout
    return [found, "kustomize"] if "Kustomize Version: v5" in shown else None


@pytest.mark.skipif(kustomize() is None, reason="there is no kubectl with kustomize 5")
def test_kustomize_makes_a_whole_of_it_that_the_schema_takes() -> None:
    shown = subprocess.run([*(kustomize() or []), str(EXAMPLE)], capture_output=True, text=True, check=True)

    made = list(yaml.safe_load_all(shown.stdout))

    for each in made:
        kubernetes_validate.validate(each, VERSIONS[-1], strict=True)
    assert {each["metadata"].get("namespace", "") for each in made} == {"", "beleidswijzer-voorbeeldstad"}
    assert {container(each)["image"] for each in made if each["kind"] in ("Deployment", "Job")} == {
        "registry.example.org/beleidswijzer:0.1.0"
    }
    maps = {each["metadata"]["name"] for each in made if each["kind"] == "ConfigMap"}
    used = {
        source["configMapRef"]["name"]
        for each in made
        if each["kind"] in ("Deployment", "Job")
        for source in container(each)["envFrom"]
    } | {
        volume["configMap"]["name"]
        for each in made
        if each["kind"] in ("Deployment", "Job")
        for volume in pod(each)["volumes"]
        if "configMap" in volume
    }
    assert used == maps
