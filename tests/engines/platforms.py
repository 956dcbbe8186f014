"""Builds for two platforms in separate jobs, as in a CI matrix."""

from lane import Scenario
from program import expect

PLATFORMS = ("linux/amd64", "linux/386")


def separate_jobs_keep_their_caches(s, backend):
    app = s.app()
    for platform in PLATFORMS:
        s.fresh()
        s.build(app, *s.cache(backend), "--platform", platform).succeeds()
    for platform in PLATFORMS:
        s.fresh()
        s.build(app, *s.cache(backend), "--platform", platform).is_all_cached()


def one_job_for_both(s):
    app = s.app()
    flags = [*s.cache("registry"), "--platform", ",".join(PLATFORMS), "--tag", f"127.0.0.1:5000/{s.unique}/image:web", "--push"]
    s.fresh()
    s.build(app, *flags).succeeds()
    tags = s.registry.tags(f"{s.unique}/cache")
    expect(len(tags) == 1, f"one build for two platforms wrote the caches {tags}")
    s.fresh()
    s.build(app, *flags).is_all_cached()
    index = s.registry.manifest(f"{s.unique}/image", "web") or {}
    found = {entry.get("platform", {}).get("architecture") for entry in index.get("manifests", [])}
    expect({"amd64", "386"} <= found, f"the image has the platforms {found}")


def each_backend():
    def of(backend):
        name = f"{backend} cache: two platforms in separate jobs do not overwrite each other's cache"
        return Scenario(name, lambda s: separate_jobs_keep_their_caches(s, backend), lambda lane: backend in lane.backends)

    return [of(backend) for backend in ("registry", "s3", "local")]


SCENARIOS = [
    *each_backend(),
    Scenario("registry cache: one build for two platforms has one cache", one_job_for_both, lambda lane: "registry" in lane.backends),
]
