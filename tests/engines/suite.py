"""Runs the scenarios on every engine. `run` calls it in namespaces of its own:

    suite.py FOLDER RACKFORM [FILTER]

FOLDER has what `prepare` made; RACKFORM is the program. With FILTER only scenarios run whose name contains it.
"""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import time

import caching
import failures
import images
import platforms
from engine import Docker, Unavailable
from lane import Context, Lane, Skip
from program import Failure
from services import Services

CONTAINERD_STORE = {"features": {"containerd-snapshotter": True}}
GRAPH_DRIVER_STORE = {"features": {"containerd-snapshotter": False}}
# All scenarios take about five minutes on two busy processors.
TIME_LIMIT = 900
SCENARIOS = caching.SCENARIOS + platforms.SCENARIOS + failures.SCENARIOS + images.SCENARIOS


def lanes(folder, work):
    """Returns the engines, each with the caches that it writes without a builder of its own."""
    old, current = f"{folder}/bookworm", f"{folder}/forky"
    buildkit = f"{folder}/buildkit.tar"
    yield Lane("Docker of Debian 12", Docker("old", old, work, {}), old, backends=(), is_old=True)
    yield Lane("current Docker, graph-driver store", Docker("graph", current, work, GRAPH_DRIVER_STORE), current, backends=("inline",))
    containerd = Docker("containerd", current, work, CONTAINERD_STORE)
    yield Lane("current Docker, containerd store", containerd, current, backends=("registry", "local", "inline"))
    container = Docker("container", current, work, GRAPH_DRIVER_STORE)
    yield Lane("docker-container builder", container, current, backends=("registry", "s3", "local", "inline"), builder_image=buildkit)


def main():
    folder, program = (os.path.abspath(path) for path in sys.argv[1:3])
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    work = os.environ["RACKFORM_ENGINES_WORK"]
    subprocess.run(["mount", "-t", "tmpfs", "rackform", work], check=True)
    bring_up_loopback()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    report = Report(counts)
    try:
        services = Services(folder, work)
    except Unavailable as error:
        report.line("skipped", "all scenarios", str(error))
        return report.end()
    for lane in lanes(folder, work):
        selected = [scenario for scenario in SCENARIOS if scenario.fits(lane) and wanted in f"{lane.name}: {scenario.name}"]
        run_lane(lane, selected, services, program, report)
    return report.end()


def run_lane(lane, scenarios, services, program, report):
    if not scenarios:
        return
    try:
        lane.begin()
        print(f"{lane.name}: {lane.engine.describe()}", flush=True)
    except Unavailable as error:
        for scenario in scenarios:
            report.line("skipped", f"{lane.name}: {scenario.name}", str(error))
        lane.engine.stop()
        return
    for number, scenario in enumerate(scenarios):
        start = time.monotonic()
        if start > report.deadline:
            report.line("skipped", f"{lane.name}: {scenario.name}", f"{TIME_LIMIT} s are over")
            continue
        folder = f"{lane.engine.work}/scenario-{lane.engine.name}-{number}"
        os.makedirs(folder)
        result, reason = "passed", ""
        try:
            services.restore()
            scenario.run(Context(lane, services, program, folder, f"{lane.engine.name}{number}"))
        except Failure as failure:
            result, reason = "failed", str(failure)
        except (Skip, Unavailable) as skip:
            result, reason = "skipped", str(skip)
        report.line(result, f"{lane.name}: {scenario.name}", reason, time.monotonic() - start)
        shutil.rmtree(folder, ignore_errors=True)
    lane.engine.stop()


class Report:
    """One line for each scenario, and a summary."""

    def __init__(self, counts):
        self.counts = counts
        self.reason = ""
        self.deadline = time.monotonic() + TIME_LIMIT

    def line(self, result, name, reason="", seconds=None):
        self.counts[result] += 1
        duration = "" if seconds is None else f" ({seconds:.1f} s)"
        # All scenarios of an engine that is missing have one reason.
        is_new = reason and (result == "failed" or reason != self.reason)
        print(f"{result} {name}{duration}" + (f"\n    {reason}" if is_new else ""), flush=True)
        self.reason = reason

    def end(self):
        passed, failed, skipped = (self.counts[result] for result in ("passed", "failed", "skipped"))
        print(f"{passed + failed} scenarios executed: {passed} passed, {failed} failed; {skipped} skipped", flush=True)
        return 1 if failed else 0


def bring_up_loopback():
    """Switches on the loopback interface of this network namespace, which has no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        set_flags, up_and_running = 0x8914, 0x41
        fcntl.ioctl(sock, set_flags, struct.pack("16sh14x", b"lo", up_and_running))


if __name__ == "__main__":
    sys.exit(main())
