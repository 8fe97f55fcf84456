"""What a monitor asks: whether the process lives, whether it can serve, how it does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from briefing.errors import BriefingError
from briefing.web.access import METRICS, Needs, Public, known_reader, site_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from briefing.web.security import ASGI, Receive, Scope, Send
    from briefing.web.site import Site

router = APIRouter()

ANYBODY = Public(ask=False)
"""A probe looks nobody up: it must be answered while the store does not."""


class _Kept(Collector):
    """What the store knows, looked up when it is asked for."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        app = self._site.app
        counts = app.store.library.count()
        for name, count in counts.items():
            yield GaugeMetricFamily(f"briefing_{name}", f"How many {name} are kept.", value=count)
        states = dict.fromkeys(("new", "read", "failed"), 0) | app.store.library.items()
        yield _by_state("briefing_items", "Items of sources by state; those that failed are left alone.", states)
        health = app.store.health()
        failing = GaugeMetricFamily(
            "briefing_source_failures", "How many times in a row a source failed.", labels=["source"]
        )
        read = GaugeMetricFamily(
            "briefing_source_succeeded_timestamp_seconds", "When a source was last read.", labels=["source"]
        )
        for source in app.config.sources:
            known = health.get(source.name)
            failing.add_metric([source.name], known.failures if known else 0)
            if known and known.succeeded:
                read.add_metric([source.name], known.succeeded.timestamp())
        yield failing
        yield read
        states = dict.fromkeys(("pending", "sending", "sent", "uncertain", "failed", "given up"), 0)
        states |= app.store.delivery_counts()
        yield _by_state("briefing_deliveries", "Deliveries by state.", states)
        made = GaugeMetricFamily(
            "briefing_edition_made_timestamp_seconds", "When a briefing's newest edition was made.", labels=["briefing"]
        )
        for briefing in app.config.briefings:
            when = app.store.last_made(briefing.name)
            if when is not None:
                made.add_metric([briefing.name], when.timestamp())
        yield made
        wrong = len(self._site.mistakes)
        yield GaugeMetricFamily("briefing_config_mistakes", "Mistakes in the configuration on disk.", value=wrong)


def _by_state(name: str, words: str, states: dict[str, int]) -> GaugeMetricFamily:
    rows = GaugeMetricFamily(name, words, labels=["state"])
    for state, count in states.items():
        rows.add_metric([state], count)
    return rows


class Measured:
    """Counts and times every request; paths by their pattern, so that no address becomes a label."""

    def __init__(self, app: ASGI, registry: CollectorRegistry) -> None:
        self._app = app
        names = ["method", "path", "status"]
        self._requests = Counter("briefing_http_requests", "Requests answered.", names, registry=registry)
        self._seconds = Histogram(
            "briefing_http_seconds", "Seconds until an answer began.", ["path"], registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def noted(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                path = getattr(scope.get("route"), "path", None) or "other"
                self._seconds.labels(path).observe(time.perf_counter() - started)
                method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "DELETE") else "other"
                self._requests.labels(method, path, str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, noted)  # type: ignore[arg-type]  # a message is a mapping to anything


def registry_of(site: Site) -> CollectorRegistry:
    """A registry of its own: several apps may live in one process."""
    registry = CollectorRegistry()
    registry.register(_Kept(site))
    return registry


@router.get("/healthz", include_in_schema=False, dependencies=[Depends(ANYBODY)])
def healthz() -> Response:
    """The process lives."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", include_in_schema=False, dependencies=[Depends(ANYBODY)])
def readyz(request: Request) -> Response:
    """The store answers. Mistakes in the configuration on disk are told, though the one before them serves on."""
    site = site_of(request)
    found = {"store": "ok", "configuration": "ok"}
    try:
        site.app.store.library.ready()
        reader = known_reader(request)
        if site.mistakes:
            # What stands in the file is for those who may read it.
            told = reader is not None and reader.may(METRICS)
            found["configuration"] = "; ".join(site.mistakes) if told else f"{len(site.mistakes)} mistakes"
    except BriefingError as error:
        found["store"] = str(error)
    return JSONResponse(found, 200 if found["store"] == "ok" else 503)


@router.get("/metrics", include_in_schema=False, dependencies=[Depends(Needs(METRICS))])
def metrics(request: Request) -> Response:
    """For Prometheus."""
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)
