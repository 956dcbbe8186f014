"""Answers like Amazon ECR in front of a registry, where the two differ:

- an index that is a BuildKit cache is refused (400): ECR demands the config of an image. BuildKit's `image-manifest=true` writes one.
- in a repository whose name starts with `immutable`, an existing tag is not overwritten (400).

Sources: <https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/>,
<https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html>
"""

import http.client
import http.server
import json
import ssl
import threading

CACHE_CONFIG = "application/vnd.buildkit.cacheconfig.v0"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Docker tries TLS first, and plain HTTP if the answer starts with HTTP.
    default_request_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def forward(self):
        body = self.body()
        refusal = self.refusal(body) if self.command == "PUT" else None
        if refusal:
            self.refuse(*refusal)
            return
        registry = http.client.HTTPConnection(*self.server.registry, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "transfer-encoding"}
        headers["Content-Length"] = str(len(body))
        registry.request(self.command, self.path, body, headers)
        response = registry.getresponse()
        content = response.read()
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        # The answer to HEAD has the length of a body that it does not have.
        self.send_header("Content-Length", response.getheader("Content-Length") if self.command == "HEAD" else str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        registry.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = forward

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        # An engine that was ended sends nothing more.
        while size := int(self.rfile.readline().split(b";")[0].strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def refusal(self, body):
        """Returns the code and message with which ECR refuses a manifest, if it does."""
        repository, separator, reference = self.path.removeprefix("/v2/").partition("/manifests/")
        if not separator:
            return None
        manifest = json.loads(body)
        if any(entry.get("mediaType") == CACHE_CONFIG for entry in manifest.get("manifests", [])):
            return "MANIFEST_INVALID", "the index is a cache, not an image"
        if repository.startswith("immutable") and not reference.startswith("sha256:") and self.exists():
            return "TAG_INVALID", f"The image tag '{reference}' already exists and cannot be overwritten because the tag is immutable."
        return None

    def exists(self):
        registry = http.client.HTTPConnection(*self.server.registry, timeout=60)
        registry.request("HEAD", self.path, headers={"Accept": "*/*"})
        status = registry.getresponse().status
        registry.close()
        return status == 200

    def refuse(self, code, message):
        self.server.refused.append(message)
        content = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def start(address, registry, certificate=None):
    """Starts a proxy in this process; with a certificate, a file with its key, it uses TLS. Returns the server."""
    server = http.server.ThreadingHTTPServer(address, Handler)
    server.daemon_threads = True
    server.registry = registry
    server.refused = []
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
