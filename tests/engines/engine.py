"""Engines: a Docker daemon in a root folder of its own, with a `docker` command that reaches it."""

import json
import os
import shutil
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Unavailable(Exception):
    """Something that scenarios need is missing. They are skipped."""


class Docker:
    """A Docker daemon and its command. `fresh` starts a new one without images and caches, as on a new machine."""

    def __init__(self, name, root, work, settings):
        self.name, self.root, self.work = name, root, work
        self.settings = settings
        # What the daemon trusts.
        self.certificates = f"{work}/certificates.pem"
        self.count = 0
        self.process = None
        self.folder = None

    def fresh(self):
        """Starts a new daemon in place of the last one."""
        self.stop()
        self.count += 1
        self.folder = f"{self.work}/{self.name}-{self.count}"
        os.makedirs(f"{self.folder}/bin")
        os.makedirs(f"{self.folder}/home")
        socket = f"{self.folder}/docker.sock"
        with open(f"{self.folder}/daemon.json", "w", encoding="utf-8") as file:
            json.dump(self.settings, file)
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"{HERE}/enter_root.sh"]
        command += [self.root, self.work, f"{self.folder}/state", "dockerd", f"--config-file={self.folder}/daemon.json"]
        command += [f"--host=unix://{socket}", "--iptables=false", "--ip6tables=false", "--cgroup-parent=/rackform-engines"]
        settings = os.environ | {"HOME": "/tmp", "SSL_CERT_FILE": self.certificates}
        with open(f"{self.folder}/log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=settings)
        # The command runs in the mount namespace of the daemon, as that of the release which the root folder is of.
        wrapper = f'#!/bin/sh\nexec nsenter --target={self.process.pid} --mount --wdns="$PWD" /usr/bin/docker "$@"\n'
        with open(f"{self.folder}/bin/docker", "w", encoding="utf-8") as file:
            file.write(wrapper)
        os.chmod(f"{self.folder}/bin/docker", 0o755)
        answer = None
        for _ in range(300):
            if self.process.poll() is not None:
                raise Unavailable(f"dockerd ended: {self.last_line()}")
            if os.path.exists(socket):
                answer = self.run("version", "--format", "{{.Server.Version}}")
                if answer.returncode == 0:
                    return
            time.sleep(0.1)
        problem = answer.stderr.strip() if answer else self.last_line()
        raise Unavailable(f"dockerd does not answer within 30 s: {problem}")

    def last_line(self):
        with open(f"{self.folder}/log", encoding="utf-8") as log:
            return (log.read().strip().splitlines() or ["no output"])[-1][:300]

    def environment(self):
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        return {"PATH": path, "HOME": f"{self.folder}/home", "DOCKER_HOST": f"unix://{self.folder}/docker.sock"}

    def run(self, *arguments):
        command = [f"{self.folder}/bin/docker", *arguments]
        settings = {"env": self.environment(), "cwd": self.work, "timeout": 120}
        return subprocess.run(command, capture_output=True, text=True, check=False, **settings)

    def describe(self):
        """Returns the versions, for the report."""
        version = json.loads(self.run("version", "--format", "{{json .}}").stdout)
        parts = [f"Docker {version['Server']['Version']}", version["Server"]["GoVersion"]]
        plugin = self.run("buildx", "version")
        if plugin.returncode == 0:
            parts.append(f"buildx {plugin.stdout.split()[1]}")
        return ", ".join(parts)

    def stop(self):
        if not self.process:
            return
        # `unshare` kills the first process of the process namespace, and the kernel then kills all others in it.
        self.process.kill()
        self.process.wait()
        self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)
