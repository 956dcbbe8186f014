"""`build image`: content-addressed images."""

from lane import Scenario
from program import expect


def run(s, app, repository):
    return s.program.run("image", "--directory", app.folder, "--repository", repository, "--cache-on", "packages.txt")


def built_once(s):
    app = s.app()
    repository = f"127.0.0.1:5000/{s.unique}/image"
    s.fresh()
    first = run(s, app, repository).succeeds()
    tags = s.registry.tags(f"{s.unique}/image")
    expect(len(tags) == 2 and "latest" in tags, f"the repository has the tags {tags}")
    digest = s.registry.digest(f"{s.unique}/image", "latest")
    s.fresh()
    second = run(s, app, repository).succeeds()
    expect(first.stdout == second.stdout, f"other references: {first.stdout} {second.stdout}")
    expect(not second.steps and "RUN" not in second.output, f"the image was built again: {second.end()}")
    app.write("packages.txt", "left-pad 1.3.1\n")
    # The program must differ, too: BuildKit compares the contents of copied files, so that the same files make the same image.
    app.write("source.txt", "version 2\n")
    third = run(s, app, repository).succeeds()
    expect(third.stdout != first.stdout, "the key does not change with a file of --cache-on")
    expect(s.registry.digest(f"{s.unique}/image", "latest") != digest, "`latest` is still the first image")


def immutable_tags(s):
    """In a repository with immutable tags, only the first `latest` can be pushed; the key is what counts."""
    app = s.app()
    name = f"immutable/{s.unique}"
    s.fresh()
    first = run(s, app, f"127.0.0.1:5002/{name}").succeeds()
    app.write("packages.txt", "left-pad 1.3.1\n")
    second = run(s, app, f"127.0.0.1:5002/{name}").succeeds()
    expect(first.stdout != second.stdout, "the key does not change with a file of --cache-on")
    key = second.stdout.strip().rpartition(":")[2]
    expect(key in s.registry.tags(name), f"the registry does not have {key}")


def every(_lane):
    return True


SCENARIOS = [
    Scenario("build image: an image is built once for each key", built_once, every),
    Scenario("build image: immutable tags", immutable_tags, every),
]
