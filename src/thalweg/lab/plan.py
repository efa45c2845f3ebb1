"""What a study is asked to do."""

import dataclasses
from typing import Any

from thalweg._shown import shown
from thalweg._whole import whole
from thalweg.lab.overrides import overridden
from thalweg.studies.registry import study as find
from thalweg.studies.study import Study


@shown
@dataclasses.dataclass(frozen=True)
class Plan:
    """What a study is asked to do.

    Arguments:
        name: of the study, or the path of a file that defines one.
        quick: the smaller form.
        root: the root seed; every stream of chance is folded from it.
        seeds: how many instances; the study's own number if None.
        settings: parameters to change, as `path=value`.
    """

    name: str
    quick: bool = False
    root: int = 0
    seeds: int | None = None
    settings: tuple[str, ...] = ()

    @property
    def mode(self) -> str:
        """`full` or `quick`."""
        return "quick" if self.quick else "full"

    def resolved(self) -> tuple[Study, Any, list[int]]:
        """The study, its parameters and its seeds.

        Raises:
            LookupError: there is no such study.
            ValueError: a number of seeds below one, or a setting that does not fit.
        """
        return self.of(find(self.name))

    def of(self, found: Study) -> tuple[Study, Any, list[int]]:
        """As `resolved`, for the study that is found under the name."""
        parameters = overridden(found.quick if self.quick else found.parameters, self.settings)
        count = whole(self.seeds, "seeds") if self.seeds is not None else found.seeds[1 if self.quick else 0]
        whole(self.root, "seed", least=0)
        return found, parameters, list(range(count))
