"""What a cache is for: a build on a new machine does not repeat what an earlier build did."""

from lane import Scenario
from program import expect


def fresh_builder_finds_the_cache(s, backend):
    app = s.app()
    s.fresh()
    s.build(app, *s.cache(backend)).runs_all()
    s.fresh()
    s.build(app, *s.cache(backend)).is_all_cached()


def no_cache_reads_nothing_and_writes_it_again(s, backend):
    app = s.app()
    s.fresh()
    s.build(app, *s.cache(backend)).succeeds()
    s.fresh()
    s.build(app, *s.cache(backend), "--no-cache").runs_all()
    s.fresh()
    s.build(app, *s.cache(backend)).is_all_cached()


def changed_source(s, mode):
    app = s.app()
    flags = [*s.cache("registry"), "--cache-mode", mode]
    s.fresh()
    s.build(app, *flags).succeeds()
    s.fresh()
    s.build(app, *flags).is_all_cached()
    app.write("source.txt", "version 2\n")
    s.fresh()
    build = s.build(app, *flags).succeeds()
    expect(not build.is_cached("cat /app/packages"), "the step that reads the changed source came from the cache")
    return build


def changed_source_with_max(s):
    """`max` has the layers of the first stage, although none of them is in the result."""
    build = changed_source(s, "max")
    expect(build.is_cached("packages for"), f"the packages were installed again: {build.end()}")


def changed_source_with_min(s):
    """`min` has only the layers of the result, so that a changed source runs all of the first stage."""
    build = changed_source(s, "min")
    expect(not build.is_cached("packages for"), "min has layers of the first stage")


def image_cache(s):
    """The cache of docker without BuildKit: an image of the first stage, pulled first. The second stage has no such image."""
    app = s.app()
    flags = ["--cache", "image", "--repository", f"127.0.0.1:5000/{s.unique}/cache", "--service", "web", "--cache-stage", "build"]
    flags += ["--tag", f"127.0.0.1:5000/{s.unique}/image:web", "--push"]
    s.fresh()
    cold = s.build(app, *flags).succeeds()
    expect(any(not is_cached for is_cached in cold.steps.values()), "the first build found a cache")
    s.fresh()
    warm = s.build(app, *flags).succeeds()
    ran = [name for name, is_cached in warm.steps.items() if not is_cached and "--from" not in name]
    expect(warm.steps and not ran, f"steps ran again: {ran}; {warm.end()}")


def zstd(s):
    app = s.app()
    s.fresh()
    s.build(app, *s.cache("registry"), "--compression", "zstd").runs_all()
    s.fresh()
    s.build(app, *s.cache("registry"), "--compression", "zstd").is_all_cached()


def without_a_cache_option(s):
    """An engine that is too old for cache options still builds, and rackform reports that there is no cache."""
    s.fresh()
    build = s.build(s.app(), *s.cache("registry")).succeeds()
    expect("without a cache" in build.stderr, f"nothing says that there is no cache: {build.end()}")
    expect(not s.registry.tags(f"{s.unique}/cache"), "a cache was written")


def each_backend(name, run):
    def of(backend):
        return Scenario(f"{backend} cache: {name}", lambda s: run(s, backend), lambda lane: backend in lane.backends)

    return [of(backend) for backend in ("registry", "s3", "local", "inline")]


def with_registry(name, run):
    return Scenario(f"registry cache: {name}", run, lambda lane: "registry" in lane.backends)


SCENARIOS = [
    *each_backend("a fresh builder finds the cache of a cold build", fresh_builder_finds_the_cache),
    *each_backend("--no-cache reads nothing, and a fresh builder finds what it wrote", no_cache_reads_nothing_and_writes_it_again),
    with_registry("after a change of the source, max has the first stage", changed_source_with_max),
    with_registry("after a change of the source, min has the layers of the result", changed_source_with_min),
    with_registry("zstd layers are found", zstd),
    Scenario("image cache: a fresh daemon finds the pulled stage", image_cache, lambda lane: lane.is_old),
    Scenario("registry cache: an engine without cache options builds and says so", without_a_cache_option, lambda lane: lane.is_old),
]
