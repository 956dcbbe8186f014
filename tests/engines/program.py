"""Runs rackform, and reads what the engine's progress says about the steps of a build."""

import os
import re
import subprocess

from registry import BASE

# Each RUN prints something, so that the progress shows that it ran.
DOCKERFILE = f"""\
FROM {BASE} AS build
ARG TARGETARCH
COPY packages.txt /app/
RUN echo ran && echo "packages for $TARGETARCH" > /app/packages
COPY source.txt /app/
RUN echo ran && cat /app/packages /app/source.txt > /app/program

FROM {BASE}
COPY --from=build /app/program /app/program
"""


class Failure(Exception):
    """A scenario's expectation is not met."""


def expect(condition, message):
    if not condition:
        raise Failure(message)


class App:
    """A folder with a Dockerfile of two stages: packages are installed and the source is built in the first; the second has the program."""

    def __init__(self, folder, dockerfile=DOCKERFILE):
        self.folder = folder
        os.makedirs(folder)
        self.write("Dockerfile", dockerfile)
        self.write("packages.txt", "left-pad 1.3.0\n")
        self.write("source.txt", "version 1\n")

    def write(self, name, text):
        with open(f"{self.folder}/{name}", "w", encoding="utf-8") as file:
            file.write(text)


class Build:
    """A finished run of rackform that started a build."""

    def __init__(self, arguments, process):
        self.arguments = arguments
        self.code = process.returncode
        self.stdout, self.stderr = process.stdout, process.stderr
        self.output = process.stdout + process.stderr
        self.steps = steps(self.output)

    def succeeds(self):
        expect(self.code == 0, f"exit code {self.code}: {self.end()}")
        return self

    def runs_all(self):
        """Expects that no step came from a cache."""
        self.succeeds()
        expect(self.steps, "the progress shows no steps")
        cached = [name for name, is_cached in self.steps.items() if is_cached]
        expect(not cached, f"steps came from a cache: {cached}")
        return self

    def is_all_cached(self):
        """Expects that all steps came from a cache."""
        self.succeeds()
        expect(self.steps, "the progress shows no steps")
        missed = [name for name, is_cached in self.steps.items() if not is_cached]
        expect(not missed, f"steps ran again: {missed}; {self.end()}")
        return self

    def is_cached(self, part):
        """Returns whether the one step whose name contains the text came from a cache."""
        found = [is_cached for name, is_cached in self.steps.items() if part in name]
        expect(len(found) == 1, f"{len(found)} steps contain {part!r} in {list(self.steps)}")
        return found[0]

    def end(self):
        """Returns the last lines of the output, for messages."""
        lines = [line for line in self.output.splitlines() if line.strip() and "DONE" not in line]
        return " | ".join(lines[-6:])


def steps(output):
    """Returns the steps that copy or run something, and whether each came from a cache."""
    return buildkit_steps(output) or legacy_steps(output)


def buildkit_steps(output):
    """Reads BuildKit's plain progress.

    A step from a cache is CACHED, unless its layers had to be downloaded: then only that is shown, and DONE."""
    names, cached, ran = {}, set(), set()
    for line in output.splitlines():
        if match := re.match(r"#(\d+) (\[.*?\d+/\d+\] (?:RUN|COPY|ADD) .*)", line):
            names[match[1]] = match[2]
        elif match := re.match(r"#(\d+) (?:CACHED|sha256:)", line):
            cached.add(match[1])
        elif match := re.match(r"#(\d+) \d+\.\d+ ", line):
            ran.add(match[1])
    return {name: number in cached - ran for number, name in names.items()}


def legacy_steps(output):
    """Reads the progress of the builder that docker had before BuildKit."""
    result, last = {}, None
    for line in output.splitlines():
        if match := re.match(r"Step \d+/\d+ : (.*)", line):
            last = f"{len(result)} {match[1]}" if match[1].startswith(("RUN", "COPY", "ADD")) else None
            if last:
                result[last] = False
        elif line == " ---> Using cache" and last:
            result[last] = True
    return result


class Program:
    """rackform, run with an engine."""

    def __init__(self, path, engine, certificates):
        self.path, self.engine, self.certificates = path, engine, certificates

    def run(self, *arguments, environment=None, timeout=180):
        settings = self.engine.environment() | {"SSL_CERT_FILE": self.certificates, "NO_COLOR": "1"} | (environment or {})
        command = [self.path, "build", *arguments]
        try:
            process = subprocess.run(
                command, capture_output=True, text=True, env=settings, timeout=timeout, check=False, cwd=self.engine.work
            )
        except subprocess.TimeoutExpired as error:
            raise Failure(f"no end within {timeout} s: {' '.join(command)}") from error
        return Build(arguments, process)
