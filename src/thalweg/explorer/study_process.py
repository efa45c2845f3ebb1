"""The process that carries a study out for the page: it tells what it does on standard output, a line of JSON each."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def main(words: Sequence[str]) -> None:
    """Carries out the study `words[0]` in the form `words[1]` into the store `words[2]`."""
    from thalweg._storage.errors import StoreError
    from thalweg.lab.carry_out import run

    def tell(kind: str, what: dict[str, Any]) -> None:
        print(json.dumps([kind, what]), file=sys.__stdout__, flush=True)

    def ended(one: Any) -> None:
        tell("case", {"case": str(one.task.case), "state": one.state})

    name, mode, *store = words
    try:
        found = run(
            name,
            Path(store[0]) if store else None,
            quick=mode == "quick",
            begun=lambda cases, todo: tell("begun", {"cases": cases, "todo": todo}),
            ended=ended,
        )
    except KeyboardInterrupt:
        tell("failed", {"sentence": "stopped; what is done is kept, and the next run goes on from there"})
        return
    except (StoreError, OSError) as error:  # these name folders of this machine, which are not for all readers
        print(f"thalweg: {error}", file=sys.stderr)
        tell("failed", {"sentence": "the store or a file cannot be used; the log of the server says why"})
        return
    except (LookupError, ValueError) as error:
        tell("failed", {"sentence": " ".join(str(error).split())})
        return
    passed = sum(verdict.verdict == "pass" for verdict in found.verdicts)
    tell("done", {"pass": passed, "of": len(found.verdicts), "seconds": round(found.seconds, 1)})


if __name__ == "__main__":
    main(sys.argv[1:])
