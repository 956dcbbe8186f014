"""An engine with its image store and builder, and what a scenario can do with it."""

import os

import builder_image
from engine import Unavailable
from program import App, Program

ECR_HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


class Skip(Exception):
    """The scenario does not apply here, for the given reason."""


class Scenario:
    """A named expectation, and the engines that it fits."""

    def __init__(self, name, run, fits):
        self.name, self.run, self.fits = name, run, fits


class Lane:
    """An engine, and the cache backends that scenarios use with it."""

    def __init__(self, name, engine, root, backends, is_old=False, builder_image=None):
        self.name, self.engine, self.root, self.backends = name, engine, root, backends
        # Whether the engine is older than Docker 23, which has no options for caches.
        self.is_old = is_old
        # The image of a docker-container builder, if this lane builds with one.
        self.builder_image = builder_image

    def begin(self):
        if not os.path.exists(f"{self.root}.ready"):
            raise Unavailable(reason(self.root))
        if self.builder_image and not os.path.exists(self.builder_image):
            raise Unavailable(reason(self.builder_image.removesuffix(".tar")))
        self.engine.fresh()
        if self.builder_image:
            builder_image.load(self.engine, self.builder_image)

    def fresh(self):
        """Gives the engine no images, builders and caches, as on a new machine."""
        if self.builder_image:
            self.engine.run("buildx", "rm", "--force", "rackform")
            # An inline cache is written by docker's own builder.
            self.engine.run("builder", "prune", "--all", "--force")
        else:
            self.engine.fresh()


def reason(path):
    """Returns why `prepare` could not make something."""
    try:
        with open(f"{path}.unavailable", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return f"{path} does not exist"


class Context:
    """What a scenario works with: its lane, the services, and a folder of its own."""

    def __init__(self, lane, services, program, folder, unique):
        self.lane, self.services, self.folder, self.unique = lane, services, folder, unique
        self.engine = lane.engine
        self.registry = services.registry
        self.program = Program(program, lane.engine, services.certificates)
        self.apps = 0

    def fresh(self):
        self.lane.fresh()

    def app(self, **files):
        self.apps += 1
        return App(f"{self.folder}/app{self.apps}", **files)

    def cache(self, backend):
        """Returns the flags that select a cache of this scenario's own."""
        if backend == "registry":
            return ["--repository", f"127.0.0.1:5000/{self.unique}/cache", "--service", "web"]
        if backend == "ecr":
            return ["--repository", f"{ECR_HOST}/{self.unique}/cache", "--service", "web"]
        if backend == "local":
            return ["--cache", "local", "--cache-dir", f"{self.folder}/cache", "--service", "web"]
        if backend == "s3":
            flags = ["--cache", "s3", "--s3-bucket", self.services.bucket(self.unique), "--s3-region", "us-east-1", "--service", "web"]
            return [*flags, "--s3-endpoint-url", self.services.s3, "--s3-path-style"]
        return ["--cache", "inline", "--tag", f"127.0.0.1:5000/{self.unique}/image:web", "--push", "--service", "web"]

    def build(self, app, *flags, environment=None):
        """Runs `build command --exec`."""
        if self.lane.builder_image:
            # In the network of its container, the builder cannot reach a registry on loopback.
            flags = [*flags, "--driver-opt", "network=host"]
        settings = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"} | (environment or {})
        return self.program.run("command", app.folder, "--rack", "none", *flags, "--exec", environment=settings)
