"""Probes and metrics, answered on a port of their own; nobody else calls a worker."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

JSON = "application/json"
TEXT = "text/plain; version=0.0.4; charset=utf-8"

Answer = tuple[int, str, bytes]
"""Status, content type, body."""


class Health:
    """Serves GET requests for known paths from a thread of its own, until closed."""

    def __init__(self, host: str, port: int, routes: dict[str, Callable[[], Answer]]) -> None:
        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                route = routes.get(self.path.partition("?")[0])
                status, content_type, body = route() if route else (404, JSON, b'{"error":{"status":404,"message":"Not found"}}\n')
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                self.wfile.write(body)

            def version_string(self) -> str:
                return "worker"

            def log_message(self, format: str, *args: object) -> None:
                """Probes are not worth a line."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """Who asks and goes away is no error of ours."""

        self._server = Server((host, port), Handler)
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
