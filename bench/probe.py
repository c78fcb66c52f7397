"""`python bench/probe.py CODE`: runs code in this fresh process; prints what it cost, as JSON.

Knows nothing but the standard library, since it also runs in another
application's environment.
"""

import json
import re
import sys
import time
from pathlib import Path


def main() -> None:
    """Run the code of the command line."""
    code = compile(sys.argv[1], "<probe>", "exec")
    wall, own = time.perf_counter(), time.process_time()
    exec(code, {})  # noqa: S102 - the bench's own code, which is all that it is for
    cost = {
        "wall": time.perf_counter() - wall,
        "own": time.process_time() - own,
        "peak": _peak(),
    }
    print(json.dumps(cost))  # noqa: T201 - the answer


def _peak() -> float:
    """Megabytes of the largest resident set; `ru_maxrss` would count that of the parent as well."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
    return int(match[1]) / 1024 if match else 0.0


if __name__ == "__main__":
    main()
