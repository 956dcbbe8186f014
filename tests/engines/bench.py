"""Measures what the cache saves, and what rackform adds to a build. `run --bench` calls it in namespaces of its own:

    bench.py FOLDER RACKFORM [FILTER]

FOLDER has what `prepare` made; RACKFORM is the program, which should be a release build. Each build does a fixed amount of work: two RUN
steps of WORK seconds of processor time each on the machine that runs this, and layers of 32 MiB that do not compress.

- "cold" is the build on a new machine with an empty cache, which it writes;
- "fresh builder" is the same build on a new machine, which finds that cache;
- "no cache" is the engine's own command without a cache, for comparison.

The last table is the overhead: the wall time of `build command --exec` less that of the very command that it runs, both started again and
again in turn, for a build whose steps are all in the engine already.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time

from engine import Unavailable
from lane import Context
from program import App, Failure, expect
from registry import BASE
from services import Services
from suite import bring_up_loopback, lanes

ROUNDS = int(os.environ.get("RACKFORM_BENCH_ROUNDS", "3"))
OVERHEAD_ROUNDS = 31
# A line of work is one SHA-256 of 64 MiB, about 0.2 s with busybox; the number of lines makes the work.
LINES = int(os.environ.get("RACKFORM_BENCH_LINES", "100"))
WORK = f"i=0; while [ $i -lt {LINES} ]; do head -c 67108864 /dev/zero | sha256sum >/dev/null; i=$((i+1)); done"
DOCKERFILE = f"""\
FROM {BASE} AS build
COPY packages.txt /app/
RUN echo ran && {WORK} && head -c 33554432 /dev/urandom > /app/packages
COPY source.txt /app/
RUN echo ran && {WORK} && head -c 33554432 /dev/urandom > /app/program

FROM {BASE}
COPY --from=build /app/program /app/program
"""
QUICK = f"FROM {BASE}\nCOPY source.txt /app/\nRUN cat /app/source.txt > /app/program\n"
# An S3 or inline cache has the engine's own compression: BuildKit reads no option for it there.
COMPRESSIONS = {"registry": ["gzip", "zstd", "uncompressed"], "s3": ["gzip"], "local": ["gzip", "zstd"], "inline": ["gzip"]}


def main():
    folder, program = (os.path.abspath(path) for path in sys.argv[1:3])
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    work = os.environ["RACKFORM_ENGINES_WORK"]
    subprocess.run(["mount", "-t", "tmpfs", "rackform", work], check=True)
    bring_up_loopback()
    services = Services(folder, work)
    for lane in lanes(folder, work):
        if lane.is_old or wanted not in lane.name:
            continue
        try:
            lane.begin()
        except Unavailable as error:
            print(f"{lane.name}: skipped: {error}", flush=True)
            continue
        print(f"\n{lane.name}: {lane.engine.describe()}", flush=True)
        try:
            measure(lane, services, program)
        finally:
            lane.engine.stop()


def measure(lane, services, program):
    """Prints the tables of one engine."""
    count = 0

    def context():
        nonlocal count
        count += 1
        folder = f"{lane.engine.work}/bench-{lane.engine.name}-{count}"
        os.makedirs(folder)
        return Context(lane, services, program, folder, f"{lane.engine.name}-bench{count}")

    if "registry" in lane.backends:
        print("\n| cache | compression | cold s | fresh builder s | ratio (min to max) |\n| --- | --- | --- | --- | --- |", flush=True)
        plain = [timed(lambda s=context(): without_cache(s)) for _ in range(ROUNDS)]
        print(f"| none | | {statistics.median(plain):.1f} | | 1 |", flush=True)
        for backend in lane.backends:
            for compression in COMPRESSIONS[backend]:
                print(row(backend, compression, context), flush=True)
    s = context()
    print_overhead(s)
    shutil.rmtree(s.folder, ignore_errors=True)


def row(backend, compression, context):
    """Measures one backend with one compression."""
    colds, freshes = [], []
    for _ in range(ROUNDS):
        s = context()
        app = App(f"{s.folder}/app", DOCKERFILE)
        flags = s.cache(backend) + ([] if backend in ("s3", "inline") else ["--compression", compression])
        s.fresh()
        colds.append(timed(lambda: s.build(app, *flags).runs_all()))
        s.fresh()
        freshes.append(timed(lambda: s.build(app, *flags).is_all_cached()))
        shutil.rmtree(s.folder, ignore_errors=True)
    ratios = [cold / fresh for cold, fresh in zip(colds, freshes)]
    cells = [backend, compression, f"{statistics.median(colds):.1f}", f"{statistics.median(freshes):.2f}"]
    return f"| {' | '.join(cells)} | {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) |"


def without_cache(s):
    """The same build, by the engine's own command and without a cache."""
    app = App(f"{s.folder}/app", DOCKERFILE)
    s.fresh()
    start = time.monotonic()
    if s.lane.builder_image:
        s.engine.run("buildx", "create", "--name", "rackform", "--driver", "docker-container", "--driver-opt", "network=host")
        start_command = ["buildx", "build", "--builder", "rackform"]
    else:
        start_command = ["build"]
    command = [f"{s.engine.folder}/bin/docker", *start_command, app.folder]
    settings = {"env": s.engine.environment(), "cwd": s.engine.work}
    result = subprocess.run(command, **settings, capture_output=True, text=True, check=False)
    expect(result.returncode == 0, f"the build without a cache failed: {result.stderr[-300:]}")
    return time.monotonic() - start


def timed(run):
    """Returns the seconds that a run takes; `fresh` is not part of it."""
    start = time.monotonic()
    result = run()
    return result if isinstance(result, float) else time.monotonic() - start


def print_overhead(s):
    """Prints what rackform adds to a build whose steps are all cached by the engine itself."""
    app = App(f"{s.folder}/quick", QUICK)
    arguments = ["command", app.folder, "--rack", "none", "--cache", "none"]
    versions = json.loads(s.engine.run("version", "--format", "{{json .}}").stdout)
    facts = ["--no-detect", "--driver", "docker", "--engine-version", versions["Server"]["Version"].partition("+")[0]]
    print("\n| the engine is | its command, ms | through rackform, ms | added, ms (median; min to max) |\n| --- | --- | --- | --- |")
    for name, options in (("detected", []), ("given by options", facts)):
        print(overhead(s, name, [*arguments, *options]), flush=True)


def overhead(s, name, arguments):
    command = s.program.run(*arguments).succeeds().stdout
    settings = {"env": s.engine.environment(), "cwd": s.engine.work}
    s.program.run(*arguments, "--exec").succeeds()
    direct, through = [], []
    for _ in range(OVERHEAD_ROUNDS):
        start = time.monotonic()
        subprocess.run(["sh", "-c", command], **settings, capture_output=True, check=True)
        direct.append(time.monotonic() - start)
        start = time.monotonic()
        s.program.run(*arguments, "--exec").succeeds()
        through.append(time.monotonic() - start)
    added = [1000 * (b - a) for a, b in zip(direct, through)]
    medians = [f"{1000 * statistics.median(times):.0f}" for times in (direct, through)]
    return f"| {name} | {' | '.join(medians)} | {statistics.median(added):.0f}; {min(added):.0f} to {max(added):.0f} |"


if __name__ == "__main__":
    try:
        main()
    except (Failure, Unavailable) as error:
        sys.exit(f"bench: {error}")
