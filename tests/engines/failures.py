"""What goes wrong: registries that are down or refuse, secrets, and builders that an earlier release left."""

import re

from lane import Scenario
from program import App, expect
from registry import BASE

SECRET = "correct-horse-battery-staple"
WITH_SECRET = f"""\
FROM {BASE}
COPY source.txt /app/
RUN --mount=type=secret,id=token,required test "$(cat /run/secrets/token)" = {SECRET[:4]}""{SECRET[4:]} && echo used > /app/used
"""
NOT_WRITTEN = re.compile(r"cache.*\b(not (written|exported)|could not be written|was not)\b", re.IGNORECASE)


def dead_cache_registry(s):
    """Nothing listens at the cache's address. The build does not fail, and says what happened to the cache."""
    s.fresh()
    build = s.build(s.app(), "--repository", "127.0.0.1:5999/gone/cache", "--service", "web").runs_all()
    expect(NOT_WRITTEN.search(build.stderr), f"nothing says that the cache was not written: {build.end()}")


def dead_cache_registry_strict(s):
    s.fresh()
    build = s.build(s.app(), "--repository", "127.0.0.1:5999/gone/cache", "--service", "web", "--strict-cache")
    expect(build.code == 1, f"exit code {build.code} instead of 1: {build.end()}")


def required_cache(s):
    s.fresh()
    build = s.build(s.app(), "--repository", "127.0.0.1:5999/gone/cache", "--service", "web", "--require-cache")
    expect("unexpected argument" not in build.stderr, "there is no --require-cache")
    expect(build.code != 0, "--require-cache: exit code 0 although the cache was not written")
    expect(build.steps, f"the build did not run: {build.end()}")


def written_cache_is_reported(s):
    app = s.app()
    s.fresh()
    cold = s.build(app, *s.cache("registry")).runs_all()
    expect(not NOT_WRITTEN.search(cold.stderr), f"a written cache is reported as not written: {cold.end()}")
    s.fresh()
    warm = s.build(app, *s.cache("registry"), "--require-cache")
    expect("unexpected argument" not in warm.stderr, "there is no --require-cache")
    warm.is_all_cached()
    last = warm.stderr.strip().splitlines()[-1]
    expect("cache" in last and re.search(r"\b5\b", last), f"the last line does not say that 5 steps were cached: {last}")


def secrets_stay_out(s, flags):
    app = App(f"{s.folder}/secret", WITH_SECRET)
    tag = f"127.0.0.1:5000/{s.unique}/image:web"
    s.fresh()
    build = s.build(app, *flags, "--secret", "id=token,env=TOKEN", "--tag", tag, "--push", environment={"TOKEN": SECRET}).succeeds()
    expect(SECRET not in build.output, "the output contains the secret")
    expect(s.registry.tags(f"{s.unique}/image"), "no image was pushed")
    for content in s.registry.contents():
        expect(SECRET.encode() not in content, "the registry contains the secret, in an image or a cache")


def secret_in_a_registry_cache(s):
    secrets_stay_out(s, [*s.cache("registry"), "--compression", "gzip"])


def secret_without_a_cache(s):
    secrets_stay_out(s, ["--cache", "none"])


def ecr(s):
    """ECR refuses an index as a cache, so that only a cache that is an image is ever found."""
    app = s.app()
    s.fresh()
    s.build(app, *s.cache("ecr")).runs_all()
    expect(not s.services.ecr.refused, f"refused: {s.services.ecr.refused}")
    tags = s.registry.tags(f"{s.unique}/cache")
    expect(tags, "no cache was written")
    manifest = s.registry.manifest(f"{s.unique}/cache", tags[0])
    expect("config" in manifest, f"the cache is not an image: {manifest}")
    s.fresh()
    s.build(app, *s.cache("ecr")).is_all_cached()


def with_builder(s, damage):
    """Builds with a builder that an earlier build left, after something happened to it."""
    app = s.app()
    s.fresh()
    s.build(app, *s.cache("registry")).succeeds()
    before = s.engine.run("buildx", "inspect", "rackform")
    expect(before.returncode == 0, f"no builder is left: {before.stderr.strip()}")
    damage()
    s.build(app, *s.cache("registry")).is_all_cached()


def builder_is_stopped(s):
    with_builder(s, lambda: s.engine.run("buildx", "stop", "rackform"))


def builder_without_container(s):
    """As after `docker system prune`: docker still knows the builder, but its container and its own cache are gone."""
    with_builder(s, lambda: s.engine.run("rm", "--force", "--volumes", "buildx_buildkit_rackform0"))


def builder_never_started(s):
    """A job that was cancelled between creating its builder and the build."""
    app = s.app()
    s.fresh()
    created = s.engine.run("buildx", "create", "--name", "rackform", "--driver", "docker-container", "--driver-opt", "network=host")
    expect(created.returncode == 0, created.stderr.strip())
    s.build(app, *s.cache("registry")).runs_all()


SCENARIOS = [
    Scenario("dead cache registry: the build succeeds, and says so", dead_cache_registry, lambda lane: "registry" in lane.backends),
    Scenario("dead cache registry: --strict-cache fails", dead_cache_registry_strict, lambda lane: "registry" in lane.backends),
    Scenario("dead cache registry: --require-cache fails", required_cache, lambda lane: "registry" in lane.backends),
    Scenario("the closing line reports imported and written caches", written_cache_is_reported, lambda lane: "registry" in lane.backends),
    Scenario("a secret is in no output, image or cache", secret_in_a_registry_cache, lambda lane: "registry" in lane.backends),
    Scenario("a secret is in no output or image", secret_without_a_cache, lambda lane: "registry" not in lane.backends),
    Scenario("ECR, which refuses an index as a cache, keeps it", ecr, lambda lane: "registry" in lane.backends),
    Scenario("a builder that is stopped builds", builder_is_stopped, lambda lane: lane.builder_image),
    Scenario("a builder whose container is gone builds", builder_without_container, lambda lane: lane.builder_image),
    Scenario("a builder that was never started builds", builder_never_started, lambda lane: lane.builder_image),
]
