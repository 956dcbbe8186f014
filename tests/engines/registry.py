"""A registry on loopback (Debian's docker-registry), its contents, and the base image of all builds."""

import gzip
import hashlib
import http.client
import io
import json
import os
import subprocess
import tarfile
import time

from engine import Unavailable

ADDRESS = ("127.0.0.1", 5000)
HOST = "127.0.0.1:5000"
BASE = f"{HOST}/base:1"
PLATFORMS = ("amd64", "386")
MANIFESTS = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in ("oci.image.index.v1", "oci.image.manifest.v1", "docker.distribution.manifest.list.v2", "docker.distribution.manifest.v2")
)


class Registry:
    def __init__(self, program, folder):
        self.folder = folder
        os.makedirs(folder)
        configuration = {
            "version": 0.1,
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": f"{folder}/data"}, "delete": {"enabled": True}},
            # Locations without a host, so that a proxy in front of the registry need not change them.
            "http": {"addr": HOST, "relativeurls": True},
        }
        with open(f"{folder}/config.json", "w", encoding="utf-8") as file:
            json.dump(configuration, file)
        self.log = open(f"{folder}/log", "w", encoding="utf-8")
        self.process = None
        self.program = program
        self.start()

    def start(self):
        # JSON is YAML, too.
        command = [self.program, "serve", f"{self.folder}/config.json"]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        for _ in range(100):
            try:
                self.request("GET", "/v2/")
                return
            except OSError:
                time.sleep(0.1)
        raise Unavailable(f"docker-registry does not answer at {HOST}")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(*ADDRESS, timeout=30)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response, content

    def tags(self, repository):
        """Returns the tags of a repository, sorted."""
        response, content = self.request("GET", f"/v2/{repository}/tags/list")
        return sorted(json.loads(content).get("tags") or []) if response.status == 200 else []

    def manifest(self, repository, reference):
        response, content = self.request("GET", f"/v2/{repository}/manifests/{reference}", headers={"Accept": MANIFESTS})
        return json.loads(content) if response.status == 200 else None

    def digest(self, repository, reference):
        response, _ = self.request("HEAD", f"/v2/{repository}/manifests/{reference}", headers={"Accept": MANIFESTS})
        return response.getheader("Docker-Content-Digest")

    def contents(self):
        """Returns every stored file, decompressed."""
        for folder, _, names in os.walk(f"{self.folder}/data"):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    yield decompressed(file.read())

    def push_base(self, busybox):
        """Pushes the base image: busybox with its applets, for each platform that this machine runs."""
        layer = gzip.compress(base_layer(busybox), mtime=0)
        self.push_blob("base", layer)
        entries = []
        for architecture in PLATFORMS:
            config = json.dumps(
                {
                    "architecture": architecture,
                    "os": "linux",
                    "config": {"Env": ["PATH=/bin"], "Cmd": ["sh"]},
                    "rootfs": {"type": "layers", "diff_ids": [digest(gzip.decompress(layer))]},
                    # Docker without BuildKit counts layers by it.
                    "history": [{"created": "2026-01-01T00:00:00Z", "created_by": "busybox"}],
                }
            ).encode()
            self.push_blob("base", config)
            manifest = {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": descriptor("application/vnd.oci.image.config.v1+json", config),
                "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)],
            }
            body = json.dumps(manifest).encode()
            self.push_manifest("base", digest(body), manifest["mediaType"], body)
            entries.append(descriptor(manifest["mediaType"], body) | {"platform": {"os": "linux", "architecture": architecture}})
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}
        self.push_manifest("base", "1", index["mediaType"], json.dumps(index).encode())

    def push_blob(self, repository, content):
        response, _ = self.request("POST", f"/v2/{repository}/blobs/uploads/")
        location = response.getheader("Location")
        separator = "&" if "?" in location else "?"
        response, _ = self.request("PUT", f"{location}{separator}digest={digest(content)}", content)
        if response.status != 201:
            raise Unavailable(f"docker-registry refuses a layer: {response.status}")

    def push_manifest(self, repository, reference, media_type, body):
        response, content = self.request("PUT", f"/v2/{repository}/manifests/{reference}", body, {"Content-Type": media_type})
        if response.status != 201:
            raise Unavailable(f"docker-registry refuses a manifest: {content!r}")


def base_layer(busybox):
    applets = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for folder, mode in (("bin", 0o755), ("etc", 0o755), ("tmp", 0o1777)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            archive.addfile(entry)
        with open(busybox, "rb") as file:
            entry = tarfile.TarInfo("bin/busybox")
            entry.mode, entry.size = 0o755, os.path.getsize(busybox)
            archive.addfile(entry, file)
        for applet in applets:
            if applet != "busybox":
                entry = tarfile.TarInfo(f"bin/{applet}")
                entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(entry)
    return output.getvalue()


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def descriptor(media_type, content):
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


def decompressed(content):
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError):
        return content
