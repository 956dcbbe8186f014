"""The image of docker-container builders."""

import shutil
import tarfile

from engine import Unavailable

# The name that `buildx create` uses unless it is told another. The daemon has it already, so that nothing is pulled.
NAME = "moby/buildkit:buildx-stable-1"
CERTIFICATES = "etc/certificates.pem"


def load(engine, path):
    """Makes the image from the folders that `buildkit` prepared. It trusts what the daemon trusts."""
    contents = f"{engine.work}/buildkit.tar"
    shutil.copyfile(path, contents)
    with tarfile.open(contents, "a") as archive:
        archive.add(engine.certificates, CERTIFICATES)
    changes = ['ENTRYPOINT ["buildkitd"]', "ENV PATH=/usr/bin", f"ENV SSL_CERT_FILE=/{CERTIFICATES}", "VOLUME /var/lib/buildkit"]
    options = [option for change in changes for option in ("--change", change)]
    result = engine.run("import", *options, contents, NAME)
    if result.returncode != 0:
        raise Unavailable(f"cannot import {path}: {result.stderr.strip()}")
