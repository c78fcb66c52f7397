"""The Functions host: the routes of the real one, in front of Microsoft's worker."""

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from simulator.functions.admin import Admin
from simulator.functions.http import HttpFunctions, route_prefix
from simulator.functions.invocations import InvocationLog
from simulator.functions.keys import Keys
from simulator.functions.log import AppLog
from simulator.functions.process import WorkerProcess
from simulator.functions.webhook import Webhook

_WEBHOOK = "/runtime/webhooks/eventgrid"
_LARGEST_BODY = 8 * 1024 * 1024


class FunctionsHost:
    """Runs a function app on a free loopback port.

    Args:
        app_directory: where function_app.py is.

    Attributes:
        keys: open its routes.
        log: what the app logged.
        invocations: what ran.
    """

    def __init__(self, app_directory: Path) -> None:
        self.keys = Keys()
        self.log = AppLog()
        self.invocations = InvocationLog()
        self._app_directory = app_directory
        self._worker = WorkerProcess(app_directory, self.log, self.invocations)
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self, settings: Mapping[str, str]) -> None:
        """Index the app, then open the routes.

        Args:
            settings: the app settings, as environment variables.

        Raises:
            AppFailedToStartError: with the app's own message.
        """
        await self._worker.start(settings)
        application = self._application(route_prefix(self._app_directory))
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the routes and end the worker."""
        await self._worker.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = None

    @property
    def url(self) -> str:
        """The host's base URL."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def webhook_url(self) -> str:
        """Where Event Grid delivers."""
        return self.url + _WEBHOOK

    @property
    def worker_pid(self) -> int | None:
        """The process ID of the worker, None while there is none."""
        return self._worker.pid

    def _application(self, prefix: str) -> web.Application:
        application = web.Application(client_max_size=_LARGEST_BODY)
        webhook = Webhook(self._worker)
        for method in ("POST", "OPTIONS"):
            guarded = self.keys.guard_webhook(webhook.handle)
            application.router.add_route(method, _WEBHOOK, guarded)
        for method, path, handler in Admin(self._worker).routes():
            application.router.add_route(method, path, self.keys.guard(handler))
        http = HttpFunctions(self._worker, self.keys, prefix)
        application.router.add_route("*", "/{path:.*}", http.handle)
        return application
