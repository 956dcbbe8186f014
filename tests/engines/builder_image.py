"""The image of docker-container builders."""

from engine import Unavailable


def load(engine, path):
    """Loads the image that `buildx create` would pull from Docker Hub."""
    result = engine.run("load", "--input", path)
    if result.returncode != 0:
        raise Unavailable(f"cannot load {path}: {result.stderr.strip()}")
