"""gunicorn around the application: processes, threads, and a shutdown that loses no request."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from .config import SERVICE_NAME, Config
from .drain import Drain

# Memory rather than disk where there is some: the file system of a container is read-only.
_SCRATCH = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - with a random name, readable by the owner


class RootLogger(Logger):
    """What gunicorn has to say goes where all logs go."""

    def setup(self, cfg: object) -> None:
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Server(BaseApplication):
    """gunicorn, set by the service's own configuration instead of its files and flags."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.drain = Drain()
        self.counts = tempfile.mkdtemp(prefix=f"{SERVICE_NAME}-", dir=_SCRATCH)
        # Before prometheus_client is imported anywhere.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = self.counts
        super().__init__()

    def load_config(self) -> None:
        config = self.config
        settings: dict[str, Any] = {
            "bind": f"{config.host}:{config.port}",
            "workers": config.workers,
            "worker_class": "gthread",
            "threads": config.threads,
            "worker_tmp_dir": _SCRATCH,
            "proc_name": SERVICE_NAME,
            # A request that takes longer than this is a fault of ours; its worker is replaced.
            "timeout": 30,
            "graceful_timeout": max(1, config.shutdown_grace - config.shutdown_delay - 1),
            # Longer than load balancers keep a connection idle: who closes first must not be the server, under a request on its way.
            "keepalive": 75,
            "accesslog": None,
            "logger_class": RootLogger,
            # Out of the group: a signal to all of it (Ctrl-C, a supervisor) is the server's to handle, which drains first.
            "post_fork": lambda _server, _worker: os.setpgid(0, 0),
            "worker_exit": lambda _server, worker: worker.app.shut_down_worker(),
            "on_exit": lambda _server: shutil.rmtree(self.counts, ignore_errors=True),
            # A socket to steer the server by that nobody here uses.
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application of one worker process."""
        from .app import create_app
        from .telemetry import create_tracer

        self.tracer = create_tracer(self.config)
        return create_app(self.config, self.drain, self.tracer)

    def shut_down_worker(self) -> None:
        if hasattr(self, "tracer"):
            self.tracer.shut_down()

    def run(self) -> None:
        GracefulArbiter(self).run()


class GracefulArbiter(Arbiter):
    """Told to stop: fail readiness, keep serving while load balancers notice, then finish what is in flight and close.

    The exit code is 0 when every worker finished within the grace period, 1 when one had to be cut off.
    """

    _cut_off = False

    def handle_term(self) -> None:
        self.app.drain.begin()
        self.log.info("draining for %s s", self.app.config.shutdown_delay)
        time.sleep(self.app.config.shutdown_delay)
        super().handle_term()

    def kill_workers(self, sig: int) -> None:
        if sig == signal.SIGKILL and self.WORKERS:
            self._cut_off = True
        super().kill_workers(sig)

    def halt(self, reason: str | None = None, exit_status: int = 0) -> None:
        try:
            super().halt(reason, exit_status)
        except SystemExit as end:
            if not end.code and self._cut_off:
                raise SystemExit(1) from None
            raise
