"""The child process that runs a function app through Microsoft's own Python worker.

`python -m simulator.functions.worker <app directory>` speaks the messages of
`frames`, requests on standard input and answers on standard output:

- first, once: `{"ready": [functions]}` or `{"failed": message, "trace": …}`;
- then `{"invoke": id, "function": id, "parameter": name, "data": {kind: value}}`
  is answered by `{"result": id, "error": message or null, "value": {kind: value} or null}`,
  in any order; values are those of `values`;
- at any time `{"log": {…}}`.

It ends when its standard input does.
"""

import asyncio
import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as runtime

from simulator.functions import frames, protos, values
from simulator.world import Json

_LONGEST_MESSAGE = 32 * 1024


class Channel:
    """Writes messages to the host; prints of the app cannot get in between."""

    def __init__(self) -> None:
        # The app's prints, and those of C libraries, go where file descriptor 1
        # points: to standard error, which the host reads as console output.
        self._out = os.fdopen(os.dup(1), "wb")
        self._lock = threading.Lock()
        os.dup2(2, 1)

    def send(self, message: Json) -> None:
        """Write one message; threads take turns."""
        with self._lock:
            self._out.write(frames.pack(message))
            self._out.flush()


class HostLog(logging.Handler):
    """Sends log records to the host, with the invocation that they belong to."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel
        self.addFilter(_is_wanted)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; one that cannot be formatted is the app's mistake, not its end."""
        try:
            message = self.format(record)[:_LONGEST_MESSAGE]
        except Exception:  # noqa: BLE001 - as the handlers of the standard library
            self.handleError(record)
            return
        self._channel.send(
            {
                "log": {
                    "time": record.created,
                    "level": record.levelname,
                    "logger": record.name,
                    "message": message,
                    "invocation": runtime.invocation_id_cv.get(),
                }
            }
        )


class Worker:
    """One loaded app and its running invocations."""

    def __init__(self, channel: Channel, app_directory: str) -> None:
        self._channel = channel
        self._app_directory = app_directory
        self._invocations: set[asyncio.Task[None]] = set()

    async def load(self) -> bool:
        """Index the app and tell the host what is in it, or why that failed."""
        runtime.start_threadpool_executor()
        initialised = await runtime.worker_init_request(
            _request(
                worker_init_request=SimpleNamespace(
                    capabilities={}, function_app_directory=self._app_directory
                )
            )
        )
        if initialised.result.status != protos.StatusResult.Success:
            problem = initialised.result.exception
            self._channel.send({"failed": problem.message, "trace": problem.stack_trace})
            return False
        listing = await runtime.functions_metadata_request(_request())
        if listing.function_metadata_results is None:
            self._channel.send({"failed": "no functions: is there a function_app.py?", "trace": ""})
            return False
        found = [_describe(metadata) for metadata in listing.function_metadata_results]
        self._channel.send({"ready": found})
        return True

    async def serve(self) -> None:
        """Run invocations, all at the same time, until the host hangs up."""
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while (call := await frames.receive(reader)) is not None:
            self._own(self._invoke(call))
        for task in self._invocations:
            task.cancel()
        await asyncio.gather(*self._invocations, return_exceptions=True)

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._invocations.add(task)
        task.add_done_callback(self._invocations.discard)

    async def _invoke(self, call: Json) -> None:
        # Each invocation is a task with a context of its own, and Microsoft sets
        # this very variable in its threads: so one variable serves both kinds.
        runtime.invocation_id_cv.set(call["invoke"])
        error: str | None
        value: Json | None = None
        try:
            answer = await runtime.invocation_request(_request(invocation_request=_call_of(call)))
        except Exception:  # noqa: BLE001 - the invocation fails, the worker lives on
            error = traceback.format_exc()
        else:
            failed = answer.result.status != protos.StatusResult.Success
            error = answer.result.exception.message if failed else None
            if failed:
                logging.getLogger("host").error("%s", answer.result.exception.stack_trace)
            elif answer.return_value is not None:
                value = values.pack(answer.return_value)
        self._channel.send({"result": call["invoke"], "error": error, "value": value})


def _is_wanted(record: logging.LogRecord) -> bool:
    chatty = record.name == "azure" or record.name.startswith("azure.")
    return record.levelno >= (logging.WARNING if chatty else logging.INFO)


def _request(**fields: object) -> SimpleNamespace:
    return SimpleNamespace(
        request=SimpleNamespace(**fields), properties={"protos": protos, "host": "127.0.0.1"}
    )


def _call_of(call: Json) -> SimpleNamespace:
    argument = protos.ParameterBinding(name=call["parameter"], data=values.unpack(call["data"]))
    return SimpleNamespace(
        invocation_id=call["invoke"],
        function_id=call["function"],
        input_data=[argument],
        trigger_metadata={},
        trace_context=SimpleNamespace(trace_parent="", trace_state="", attributes={}),
        retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
    )


def _describe(metadata: protos.RpcFunctionMetadata) -> Json:
    return {
        "name": metadata.name,
        "id": metadata.function_id,
        "bindings": [json.loads(binding) for binding in metadata.raw_bindings],
    }


def _log_to(channel: Channel) -> None:
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(HostLog(channel))


async def _run(app_directory: str) -> int:
    channel = Channel()
    _log_to(channel)
    worker = Worker(channel, app_directory)
    if not await worker.load():
        return 1
    await worker.serve()
    return 0


def main() -> int:
    """Run the app of the directory that the command line names."""
    app_directory = str(Path(sys.argv[1]).resolve())
    os.chdir(app_directory)
    sys.path.insert(0, app_directory)
    return asyncio.run(_run(app_directory))


if __name__ == "__main__":
    sys.exit(main())
