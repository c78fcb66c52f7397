"""What is committed under infra/compiled is what the sources say, and they are clean."""

from infra.build.artefacts import INFRA, SOURCES, TEMPLATES, build, hash_file, list_shapes
from infra.build.compiler import Compiler

BICEP = sorted(path for pattern in ("*.bicep", "*.bicepparam") for path in INFRA.rglob(pattern))
FROM_ENVIRONMENT = ("main.bicepparam", "subscription.bicepparam")
"""Sources whose values each deployment gives."""


def test_nothing_changed_since_it_was_compiled(artefacts: dict[str, str]) -> None:
    """Without the compiler it shows as well that `make bicep` was forgotten."""
    version, *lines = artefacts[SOURCES].splitlines()
    assert version.startswith("bicep ")
    stale = [
        name
        for hash_, name in (line.split("  ") for line in lines)
        if not (INFRA / name).is_file() or hash_file(INFRA / name) != hash_
    ]
    assert stale == []


def test_no_source_is_left_out(artefacts: dict[str, str]) -> None:
    """Every template, module, filter and shape is part of what is deployed, or it should go."""
    made_of = {line.split("  ")[1] for line in artefacts[SOURCES].splitlines()[1:]}
    there = {
        path.relative_to(INFRA).as_posix()
        for path in (*BICEP, *(INFRA / "events").iterdir(), *(INFRA / "roles").iterdir())
    }
    assert there - made_of == set(FROM_ENVIRONMENT)


def test_the_artefacts_are_what_the_compiler_makes(
    artefacts: dict[str, str], compiler: Compiler
) -> None:
    """Templates and snapshots are identical to the committed ones, and nothing is to be said."""
    made = build(INFRA, compiler)
    assert made.keys() == artefacts.keys()
    assert [name for name, text in made.items() if artefacts[name] != text] == []


def test_the_sources_are_clean(compiler: Compiler) -> None:
    """No diagnostic at all, of a template, its modules or a shape: type errors are warnings."""
    templates = [INFRA / f"{name}.bicep" for name in TEMPLATES]
    said = [one for path in templates for one in compiler.compile(path).diagnostics]
    for shape in list_shapes(INFRA):
        said += compiler.compile_parameters(shape).diagnostics
    assert said == []


def test_the_sources_are_laid_out_as_bicep_does_it(compiler: Compiler) -> None:
    """Nobody's changes drown in another's spaces."""
    assert [path.name for path in BICEP if compiler.format(path) != path.read_text()] == []


def test_a_shape_speaks_to_a_reader() -> None:
    """The shapes are documentation: literal, and each says for whom it is."""
    for shape in list_shapes(INFRA):
        text = shape.read_text()
        assert "readEnvironmentVariable" not in text
        assert text.splitlines()[2].startswith("// "), shape.name
