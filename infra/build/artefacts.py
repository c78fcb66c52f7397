"""What is kept under `infra/compiled`: each template as JSON, and what each shape would deploy.

With these a machine without the compiler can deploy, and test, what the templates say;
SOURCES tells whether they still do.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.build.compiler import Compiler, CompilerError

INFRA = Path(__file__).resolve().parents[1]
COMPILED = INFRA / "compiled"
SOURCES = "SOURCES"
TEMPLATES = ("main", "management_group", "subscription", "zone")

HUB = "00000000-0000-0000-0000-00000000000a"
WATCHED = "00000000-0000-0000-0000-000000000001"
_TENANT = "00000000-0000-0000-0000-0000000000ff"

# Where the shapes of each template are deployed. All must be said: what is not stays an expression.
_PLACES: Mapping[str, Mapping[str, str]] = {
    "main": {"subscriptionId": HUB},
    "management_group": {"managementGroupId": "corp"},
    "subscription": {"subscriptionId": WATCHED},
    "zone": {"subscriptionId": HUB},
}
_EVERYWHERE = {"tenantId": _TENANT, "location": "westeurope", "deploymentName": "acr-private-dns"}


def list_shapes(infra: Path) -> list[Path]:
    """The literal parameter files, by name."""
    return sorted((infra / "shapes").glob("*.bicepparam"))


def build(infra: Path, compiler: Compiler) -> dict[str, str]:
    """The text of every artefact, by file name.

    Raises:
        CompilerError: the compiler has something to say of a template or a shape.
    """
    return {
        **{
            f"{name}.json": compile_template(infra / f"{name}.bicep", compiler)
            for name in TEMPLATES
        },
        **{
            f"{shape.stem}.snapshot.json": take_snapshot(shape, compiler)
            for shape in list_shapes(infra)
        },
        SOURCES: _describe_sources(infra, compiler),
    }


def take_snapshot(shape: Path, compiler: Compiler) -> str:
    """What a shape would deploy.

    Keys are sorted, since the compiler writes outputs in another order each time.

    Raises:
        CompilerError: it cannot be foretold, or not without a diagnostic.
    """
    place = _EVERYWHERE | dict(_PLACES[find_template(shape).stem])
    try:
        foretold = json.loads(compiler.take_snapshot(shape, place))
    except CompilerError as error:
        # It says no more than that it failed; the parameter file alone is told why.
        said = compiler.compile_parameters(shape).diagnostics
        raise CompilerError("\n".join(said) or f"{shape.name}: {error}") from None
    if foretold["diagnostics"]:
        raise CompilerError(f"{shape.name}: {foretold['diagnostics']}")
    return json.dumps(foretold, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def compile_template(path: Path, compiler: Compiler) -> str:
    """A template as JSON.

    Raises:
        CompilerError: the compiler or its linter has something to say of it, a warning perhaps.
    """
    compiled = compiler.compile(path)
    if compiled.diagnostics:
        raise CompilerError("\n".join(compiled.diagnostics))
    return compiled.text.rstrip() + "\n"


def find_template(shape: Path) -> Path:
    """The template that a parameter file is for, as its first line says."""
    using = shape.read_text().partition("\n")[0]
    return (shape.parent / using.split("'")[1]).resolve()


def hash_file(path: Path) -> str:
    """What SOURCES holds for a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _describe_sources(infra: Path, compiler: Compiler) -> str:
    """The compiler's version, and a hash of every file that went into any artefact."""
    made_of = {
        path
        for source in (*(infra / f"{name}.bicep" for name in TEMPLATES), *list_shapes(infra))
        for path in compiler.list_references(source)
    }
    return "".join(_write_lines(infra, compiler.ask_version(), sorted(made_of)))


def _write_lines(infra: Path, version: str, paths: list[Path]) -> Iterator[str]:
    yield f"bicep {version}\n"
    for path in paths:
        yield f"{hash_file(path)}  {path.relative_to(infra).as_posix()}\n"
