"""Reads the Kubernetes manifests of deploy/ by Kubernetes' own schemas, and says what is wrong in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from briefing.config import Config, RayConfig, load_config
from tests.deploying import image, wrong_environment, wrong_words

VERSION = kubernetes_validate.latest_version()
KUSTOMIZATION = frozenset(
    {"apiVersion", "kind", "namespace", "resources", "configMapGenerator", "images", "patches"}
)  # fmt: skip
CLUSTER = {
    "spec": {"headGroupSpec", "workerGroupSpecs"},
    "head": {"rayStartParams", "template"},
    "worker": {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"},
}
"""What is used of KubeRay's fields; the lists are theirs of ray.io/v1."""


def documents(path: Path) -> list[dict[str, Any]]:
    """The documents of a YAML file, as kubectl reads them: without words such as !!python."""
    with path.open(encoding="utf-8") as handle:
        # Through JSON, so that a part that stands twice (&name, *name) is two.
        return [json.loads(json.dumps(one)) for one in YAML(typ="safe", pure=True).load_all(handle)]


def pods(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The templates of the pods it makes."""
    spec = document.get("spec", {})
    if document["kind"] == "Deployment":
        return [spec["template"]]
    if document["kind"] == "CronJob":
        return [spec["jobTemplate"]["spec"]["template"]]
    if document["kind"] == "RayCluster":
        return [one["template"] for one in (spec["headGroupSpec"], *spec["workerGroupSpecs"])]
    return []


def wrong_in_cluster(folder: Path) -> Iterator[str]:
    """What is wrong in the kustomization in `folder`, and in what it takes from other folders."""
    try:
        found = list(_gathered(folder))
    except (YAMLError, OSError, KeyError) as error:
        yield f"{folder.name}: {error}"
        return
    resources = [document for _, document, _ in found if document]
    maps = {name: config for _, _, own in found for name, config in own.items()}
    secrets = documents(folder.parent / "kubernetes" / "secret.example.yaml")
    yield from wrong_fields(secrets[0])
    yield from (problem for problems, _, _ in found for problem in problems)
    fields = [problem for document in resources for problem in wrong_fields(document)]
    yield from fields
    if fields:
        # What has not its form can't be looked into.
        return
    for pod in (pod for document in resources for pod in pods(document)):
        yield from _wrong_pod(pod["spec"], maps, secrets[0], folder.parent)
    yield from _wrong_service(resources)
    yield from _open_to_all(resources)


def _gathered(folder: Path) -> Iterator[tuple[list[str], dict[str, Any], dict[str, Path]]]:
    """For each kustomization and each document in it: problems, the document, the configurations it makes."""
    (kustomization,) = documents(folder / "kustomization.yaml")
    problems = [f"{folder.name}: kustomize knows no {key}" for key in sorted(kustomization.keys() - KUSTOMIZATION)]
    maps = {one["name"]: folder / file for one in kustomization.get("configMapGenerator", []) for file in one["files"]}
    problems += [f"{path.name} is not there" for path in maps.values() if not path.is_file()]
    yield problems, {}, maps
    deleted = {one["target"]["kind"] for one in kustomization.get("patches", []) if "$patch: delete" in one["patch"]}
    for name in kustomization["resources"]:
        path = folder / name
        if path.is_dir():
            yield from (one for one in _gathered(path.resolve()) if one[1].get("kind") not in deleted)
        else:
            yield from (([], document, {}) for document in documents(path))


def wrong_fields(document: Mapping[str, Any]) -> Iterator[str]:
    """What Kubernetes would not take, and what KubeRay would not."""
    what = f"{document.get('kind')} {document.get('metadata', {}).get('name')}"
    try:
        if document["kind"] == "RayCluster":
            yield from (f"{what}: {problem}" for problem in _wrong_ray(document))
        else:
            kubernetes_validate.validate(dict(document), VERSION, strict=True)
    except kubernetes_validate.SchemaNotFoundError:
        yield f"{what}: Kubernetes {VERSION} has no such kind in {document['apiVersion']}"
    except (kubernetes_validate.ValidationError, KeyError) as error:
        yield f"{what}: {str(error).splitlines()[0]}"


def _wrong_ray(document: Mapping[str, Any]) -> Iterator[str]:
    from ray.scripts.scripts import start

    spec = document["spec"]
    head, workers = spec["headGroupSpec"], spec["workerGroupSpecs"]
    yield from (f"unknown field {key}" for key in sorted(spec.keys() - CLUSTER["spec"]))
    if document["apiVersion"] != "ray.io/v1":
        yield "KubeRay's version is ray.io/v1"
    known = {option.removeprefix("--") for parameter in start.params for option in parameter.opts}
    for kind, group in (("head", head), *(("worker", worker) for worker in workers)):
        yield from (f"unknown field {key}" for key in sorted(group.keys() - CLUSTER[kind]))
        for key, value in group["rayStartParams"].items():
            if key not in known:
                yield f"ray start has no --{key}"
            if not isinstance(value, str):
                yield f"{key} must be text"
        if kind == "worker" and not 0 <= group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]:
            yield f"{group['groupName']}: its replicas lie outside their bounds"
        # What Ray is started in is the first container.
        if not group["template"]["spec"]["containers"][0]["name"].startswith("ray-"):
            yield f"its {kind}'s first container is not Ray's"
        template = {"apiVersion": "v1", "kind": "PodTemplate", "template": group["template"]}
        kubernetes_validate.validate(template, VERSION, strict=True)


def _wrong_pod(
    pod: Mapping[str, Any], maps: Mapping[str, Path], secret: Mapping[str, Any], deploy: Path
) -> Iterator[str]:
    """Whether what a pod says of our program is true, and its rights are few."""
    rights = pod.get("securityContext", {})
    ours = image((deploy / "Dockerfile").read_text(encoding="utf-8"))
    volumes = {one["name"]: one for one in pod["volumes"]}
    if not rights.get("runAsNonRoot") or f"{rights.get('runAsUser')}:{rights.get('runAsGroup')}" != ours["user"]:
        yield "a pod does not run as the image's user"
    if pod.get("automountServiceAccountToken") is not False:
        yield "a pod has a token for the cluster it does not need"
    for box in pod["containers"]:
        name = box["name"]
        own = box.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False or own.get("capabilities") != {"drop": ["ALL"]}:
            yield f"{name}: it has more rights than it needs"
        if "memory" not in box.get("resources", {}).get("limits", {}):
            yield f"{name}: no limit of memory"
        if not re.search(r":\d[\w.-]*$", box["image"]):
            yield f"{name}: its image has no version"
        mounts = {one["mountPath"]: one["name"] for one in box["volumeMounts"]}
        yield from (f"{name}: there is no volume {one}" for one in mounts.values() if one not in volumes)
        at = Path(ours["env"]["BRIEFING_CONFIG"])
        made = volumes.get(mounts.get(str(at.parent), ""), {}).get("configMap", {}).get("name")
        if made not in maps or maps[made].name != at.name:
            yield f"{name}: its configuration is not where the image looks for it"
            continue
        if not name.startswith("ray-"):
            yield from (f"{name}: {problem}" for problem in _wrong_container(box, own, maps[made], secret))


def _wrong_container(
    box: Mapping[str, Any], own: Mapping[str, Any], config: Path, secret: Mapping[str, Any]
) -> Iterator[str]:
    if not own.get("readOnlyRootFilesystem"):
        yield "it can write to the image's files"
    if problem := wrong_words(box["args"]):
        yield problem
    given = {one["name"]: one["value"] for one in box["env"]}
    for source in box["envFrom"]:
        if source["secretRef"]["name"] == secret["metadata"]["name"]:
            given |= {key: value or "secret" for key, value in secret["stringData"].items()}
    problems = list(wrong_environment(config, given))
    yield from problems
    if not problems:
        yield from _wrong_page(box, load_config(config, given))


def _wrong_page(box: Mapping[str, Any], config: Config) -> Iterator[str]:
    """Whether it is asked for its health where it serves the page, at the page's port, by a name it answers for."""
    serves = config.web.enabled and box["args"] == ["serve"]
    ports = {one["containerPort"]: one.get("name") for one in box.get("ports", [])}
    if set(ports) != ({config.web.port} if serves else set()):
        yield f"the page listens at {config.web.port}, open are {sorted(ports)}"
    for kind, path in (("readinessProbe", "/readyz"), ("livenessProbe", "/healthz")):
        asked = box.get(kind, {}).get("httpGet", {})
        if not serves and kind in box:
            yield f"{kind}: it serves no page"
        elif serves and (asked.get("path") != path or ports.get(config.web.port) != asked.get("port")):
            yield f"{kind}: the page is not asked for {path}"
        elif serves and {"name": "Host", "value": "localhost"} not in asked.get("httpHeaders", []):
            yield f"{kind}: the page does not answer for that name"
    if isinstance(config.runtime, RayConfig) and not box["image"].endswith("-ray"):
        yield "its image has no Ray"


def _wrong_service(documents: list[dict[str, Any]]) -> Iterator[str]:
    """A service without pods, or to a port none of them opens."""
    found = [pod for document in documents for pod in pods(document)]
    for service in (one for one in documents if one["kind"] == "Service"):
        chosen = [
            pod for pod in found if service["spec"]["selector"].items() <= pod["metadata"].get("labels", {}).items()
        ]
        ports = {
            port.get("name") for pod in chosen for box in pod["spec"]["containers"] for port in box.get("ports", [])
        }
        if not {one["targetPort"] for one in service["spec"]["ports"]} <= ports:
            yield f"Service {service['metadata']['name']}: none of its pods opens its port"
    claims = {one["metadata"]["name"] for one in documents if one["kind"] == "PersistentVolumeClaim"}
    for pod in found:
        for volume in pod["spec"]["volumes"]:
            if (claim := volume.get("persistentVolumeClaim", {}).get("claimName")) and claim not in claims:
                yield f"there is no volume claim {claim}"


def _open_to_all(documents: list[dict[str, Any]]) -> Iterator[str]:
    """Pods of Ray, which runs what it is sent, that any pod of the cluster reaches elsewhere than at the page."""
    walls = [one["spec"] for one in documents if one["kind"] == "NetworkPolicy"]
    boxes = [box for one in documents for pod in pods(one) for box in pod["spec"]["containers"]]
    pages = {port["containerPort"] for box in boxes for port in box.get("ports", []) if port["name"] == "page"}
    for pod in (pod for one in documents if one["kind"] == "RayCluster" for pod in pods(one)):
        labels = pod["metadata"]["labels"].items()
        around = [wall for wall in walls if wall["podSelector"]["matchLabels"].items() <= labels]
        if not any("Ingress" in wall.get("policyTypes", []) for wall in around):
            yield "Ray's pods are open to every other"
        for rule in (rule for wall in around for rule in wall["ingress"] if not rule.get("from")):
            if not {port.get("port") for port in rule.get("ports", [{}])} <= pages:
                yield "Ray's pods are open to every other at Ray's ports"
