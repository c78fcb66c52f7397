"""`python -m infra.build`, which is `make bicep`: compiles the templates into `infra/compiled`."""

import sys

from infra.build.artefacts import COMPILED, INFRA, build
from infra.build.compiler import Compiler, CompilerError, find_compiler


def main() -> int:
    """Write every artefact anew; 0 if the compiler has nothing to say against them."""
    executable = find_compiler()
    if executable is None:
        return _fail("bicep is not on PATH: https://aka.ms/bicep-install")
    try:
        with Compiler(executable) as compiler:
            texts = build(INFRA, compiler)
    except CompilerError as error:
        return _fail(str(error))
    COMPILED.mkdir(exist_ok=True)
    for path in COMPILED.iterdir():
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (COMPILED / name).write_text(text, newline="\n")
    print(f"{len(texts)} files in {COMPILED.relative_to(INFRA.parent)}")  # noqa: T201
    return 0


def _fail(message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - for the person who called it
    return 1


if __name__ == "__main__":
    sys.exit(main())
