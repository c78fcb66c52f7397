"""From what the worker found to what the host can run.

A function with a mistake in a binding is left out, and told; the others run, as
in Azure: "The 'full_sync' function is in error: '%SCHEDULE%' does not resolve to a value."
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulator.functions.function import Function
from simulator.functions.schedule import is_schedule
from simulator.functions.templates import Template, TemplateError
from simulator.world import Json

_EXPRESSION = re.compile(r"%([^%]*)%")


class _BindingError(Exception):
    """A binding that the host cannot use."""


@dataclass(frozen=True, slots=True)
class Index:
    """The functions of an app.

    Attributes:
        functions: by name, those that can run.
        errors: by name, why the others cannot.
    """

    functions: Mapping[str, Function] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Iterable[Json], settings: Mapping[str, str]) -> "Index":
        """The index of what a worker found.

        Args:
            found: `name`, `id` and `bindings` of each function.
            settings: the app settings: what `%NAME%` in a schedule stands for, and which
                functions are disabled.
        """
        functions, errors = dict[str, Function](), dict[str, str]()
        for one in found:
            try:
                bindings = tuple(_resolved(binding, settings) for binding in one["bindings"])
            except (_BindingError, TemplateError) as error:
                errors[one["name"]] = str(error)
            else:
                name = one["name"]
                functions[name] = Function(name, one["id"], bindings, _is_disabled(name, settings))
        return cls(functions, errors)


def _is_disabled(name: str, settings: Mapping[str, str]) -> bool:
    """Source: azure-webjobs-sdk, HostListenerFactory.IsDisabled."""
    forms = (f"AzureWebJobs.{name}.Disabled", f"AzureWebJobs_{name}_Disabled")
    return any(_setting(form, settings).lower() in {"1", "true"} for form in forms)


def _setting(name: str, settings: Mapping[str, str]) -> str:
    """A setting; empty for none."""
    # .NET's configuration asks for names in any case, and writes a colon for two underscores.
    values = {one.lower().replace("__", ":"): value for one, value in settings.items()}
    return values.get(name.lower().replace("__", ":"), "")


def _resolved(binding: Json, settings: Mapping[str, str]) -> Json:
    match binding["type"]:
        case "timerTrigger":
            return binding | {"schedule": _schedule(binding["schedule"], settings)}
        case "httpTrigger":
            Template.parse(binding["route"])
    return binding


def _schedule(expression: str, settings: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        found = _setting(match[1], settings)
        if not found:
            raise _BindingError(f"'{match[0]}' does not resolve to a value.")
        return found

    schedule = _EXPRESSION.sub(value, expression)
    if not is_schedule(schedule):
        raise _BindingError(
            f"The schedule expression '{schedule}' was not recognized as a valid cron expression"
        )
    return schedule
