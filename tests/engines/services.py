"""What the engines talk to, all on loopback: a registry, the same behind a proxy that answers like ECR, and S3 by moto."""

import glob
import os
import subprocess
import time
import urllib.request

import ecr_proxy
from engine import Unavailable
from lane import ECR_HOST, reason
from registry import ADDRESS, Registry

S3 = "http://127.0.0.1:5001"


class Services:
    def __init__(self, folder, work):
        self.folder, self.work = folder, work
        root = f"{folder}/bookworm"
        if not os.path.exists(f"{root}.ready"):
            raise Unavailable(reason(root))
        self.certificates = f"{work}/certificates.pem"
        key = self.certify()
        with open(f"{work}/hosts", "w", encoding="utf-8") as file:
            file.write(f"127.0.0.1 localhost {ECR_HOST}\n")
        # Names are looked up here only: this namespace reaches nothing but loopback.
        subprocess.run(["mount", "--bind", f"{work}/hosts", "/etc/hosts"], check=True)
        self.registry = Registry(f"{root}/usr/bin/docker-registry", f"{work}/registry")
        self.registry.push_base(next(iter(glob.glob(f"{root}/*bin/busybox") + glob.glob(f"{root}/usr/bin/busybox"))))
        self.ecr = ecr_proxy.start(("127.0.0.1", 443), ADDRESS, key)
        self.plain_ecr = ecr_proxy.start(("127.0.0.1", 5002), ADDRESS)
        self.s3 = S3
        self.moto = None

    def certify(self):
        """Makes a certificate for the ECR host, which only this run's programs trust; returns the file with its key."""
        key = f"{self.work}/key.pem"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", self.certificates]
        command += ["-subj", f"/CN={ECR_HOST}", "-addext", f"subjectAltName=DNS:{ECR_HOST}"]
        subprocess.run(command, check=True, capture_output=True)
        with open(self.certificates, encoding="utf-8") as file, open(key, "a", encoding="utf-8") as output:
            output.write(file.read())
        return key

    def restore(self):
        """Starts the registry again if a scenario stopped it."""
        if self.registry.process.poll() is not None:
            self.registry.start()

    def bucket(self, name):
        """Returns the name of a new bucket, and starts moto for the first one."""
        python = f"{self.folder}/moto/bin/python"
        if not os.path.exists(f"{self.folder}/moto.ready"):
            raise Unavailable(reason(f"{self.folder}/moto"))
        if not self.moto:
            with open(f"{self.work}/moto.log", "w", encoding="utf-8") as log:
                command = [python, "-m", "moto.server", "--host", "127.0.0.1", "--port", "5001"]
                self.moto = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        request = urllib.request.Request(f"{S3}/{name}", method="PUT")
        for _ in range(200):
            try:
                with urllib.request.urlopen(request, timeout=10):
                    return name
            except OSError:
                time.sleep(0.1)
        raise Unavailable("moto does not answer within 20 s")

    def objects(self, bucket):
        """Returns whether the bucket has objects."""
        with urllib.request.urlopen(f"{S3}/{bucket}?list-type=2", timeout=10) as response:
            return b"<Key>" in response.read()
