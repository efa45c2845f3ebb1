"""What is claimed of balancedness: the flow keeps it, descent leaves it slowly, starts near zero approach it."""

from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged, final, put
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence

ACCELERATION, CONVERGENCE = "arora2018optimization", "arora2019convergence"


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_flow(), *_descent(), *_starts()]


def _flow() -> list[Claim]:
    law = Source(ACCELERATION, "theorem 1, its proof")
    needs = {"family": "flow"}
    return [
        Claim(
            "the flow conserves imbalances",
            "Along gradient flow from any start the matrices W_(j+1)^T W_(j+1) - W_j W_j^T stay what they were, whatever the "
            "loss: at the tightest tolerance they move by at most 1e-9.",
            law,
            "theorem",
            final("moved", family="flow"),
            AtMost(1e-9),
            null=Mutant("the sum of the two Gram matrices", exchanged({"moved": "sum"}, family="flow")),
            mutants=[Mutant("Gram matrices of the other sides", exchanged({"moved": "transposed"}, family="flow"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "what moves is the solver's error",
            "That little movement of the imbalances falls with the tolerance of the flow: slope of log against log about 1.",
            law,
            "theorem",
            final("slope_moved", family="flow"),
            Between(0.7, 1.4),
            null=Mutant("the sum of the two Gram matrices", exchanged({"slope_moved": "slope_sum"}, family="flow")),
            mutants=[Mutant("Gram matrices of the other sides", exchanged({"slope_moved": "slope_transposed"}, family="flow"))],
            needs=needs,
        ),
        Claim(
            "balanced factors stay balanced",
            "From a balanced start the imbalance stays below 1e-9 along gradient flow, at the tightest tolerance.",
            law,
            "theorem",
            final("balanced", family="flow"),
            AtMost(1e-9),
            null=Mutant("factors that were never balanced", exchanged({"balanced": "unbalanced"}, family="flow")),
            mutants=[Mutant("gradient descent at the largest rate", _from_descent("balanced", "drift"))],
            reduce="max",
            needs=needs,
        ),
    ]


def _descent() -> list[Claim]:
    law = Source(ACCELERATION, "theorem 1, its proof for steps that are not small")
    needs = {"family": "descent"}
    return [
        Claim(
            "the drift of a step is exact",
            "A step of gradient descent adds eta^2 (g_(j+1)^T g_(j+1) - g_j g_j^T) to each imbalance and nothing else: at every "
            "step of a run they differ by at most 1e-12 of the factors' squared norm, which is rounding.",
            law,
            "theorem",
            final("residual", family="descent"),
            AtMost(1e-12),
            null=Mutant("no drift at all, as under the flow", exchanged({"residual": "residual_none"}, family="descent")),
            mutants=[
                Mutant("eta in place of its square", exchanged({"residual": "residual_rate"}, family="descent")),
                Mutant("the sum of the two terms", exchanged({"residual": "residual_plus"}, family="descent")),
                Mutant(
                    "factors moved in turn, each seeing the one before",
                    exchanged({"residual": "residual_in_turn"}, family="descent"),
                ),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "one step drifts as the square of the rate",
            "After one step from a balanced start the imbalance is of second order in the rate: slope of log against log between "
            "1.95 and 2.05.",
            law,
            "theorem",
            final("slope_one_step", family="descent"),
            Between(1.95, 2.05),
            null=Mutant("a drift that no rate changes", put({"slope_one_step": 0.0}, family="descent")),
            mutants=[
                Mutant("each factor down a loss of its own", exchanged({"slope_one_step": "slope_strangers"}, family="descent")),
                Mutant("at a fixed time", exchanged({"slope_one_step": "slope_fixed_time"}, family="descent")),
            ],
            needs=needs,
        ),
        Claim(
            "at a fixed time the drift is as the rate",
            "At a fixed time the imbalance of gradient descent is of first order in the rate: slope of log against log between "
            "0.9 and 1.1.",
            law,
            "theorem",
            final("slope_fixed_time", family="descent"),
            Between(0.9, 1.1),
            null=Mutant("a drift that no rate changes", put({"slope_fixed_time": 0.0}, family="descent")),
            mutants=[Mutant("after one step", exchanged({"slope_fixed_time": "slope_one_step"}, family="descent"))],
            needs=needs,
        ),
    ]


def _starts() -> list[Claim]:
    figure = Source(CONVERGENCE, "figure 2c")
    near, start = {"family": "near zero"}, {"family": "starts"}
    return [
        Claim(
            "learning from near zero ends nearly balanced",
            "From independent Gaussian factors of standard deviation 1e-3 descent learns, and ends with an imbalance of at most "
            "a hundredth of the least |W_j W_j^T|.",
            figure,
            "figure",
            final("ratio", family="near zero"),
            AtMost(1e-2),
            null=Mutant("the start", exchanged({"ratio": "ratio_start"}, family="near zero")),
            mutants=[Mutant("a start a hundred times larger", exchanged({"ratio": "ratio_large"}, family="near zero"))],
            published="the imbalance stays flat while the factors grow",
            needs=near,
        ),
        Claim(
            "the imbalance stays flat while the factors grow",
            "On the way there the largest imbalance changes by at most a twentieth of itself.",
            figure,
            "figure",
            final("flat", family="near zero"),
            AtMost(0.05),
            null=Mutant("the factors themselves", exchanged({"flat": "flat_weights"}, family="near zero")),
            mutants=[Mutant("the sum of the two Gram matrices", exchanged({"flat": "flat_sum"}, family="near zero"))],
            published="flat",
            needs=near,
        ),
        Claim(
            "Gaussian factors are often nearly balanced",
            "Gaussian factors of standard deviation s are balanced up to delta at least as often as 1 - 10 N s^4 d^3 / delta^2, "
            "with d the largest width, for every delta for which that says something.",
            Source(CONVERGENCE, "claim 2"),
            "theorem",
            final("slack", family="starts"),
            AtLeast(0.0),
            null=Mutant("the claim that they always are", exchanged({"slack": "slack_certain"}, family="starts")),
            mutants=[
                Mutant("the square of the width in place of its cube", exchanged({"slack": "slack_square"}, family="starts")),
                Mutant("the variance in place of its square", exchanged({"slack": "slack_variance"}, family="starts")),
            ],
            reduce="min",
            needs=start,
        ),
        Claim(
            "how large the imbalance of Gaussian factors is",
            "The mean of |D_j|^2 over Gaussian factors is s^4 d_j [(d_(j+1) - d_(j-1))^2 + (d_(j+1) + d_(j-1))(d_j + 1)], "
            "whatever the widths: the mean over draws is within a twentieth of it.",
            Source(CONVERGENCE, "claim 2, its moments in closed form"),
            "figure",
            final("moment", family="starts"),
            AtMost(0.05),
            null=Mutant("no imbalance", exchanged({"moment": "moment_none"}, family="starts")),
            mutants=[
                Mutant(
                    "the term that the two Gram matrices have in common", exchanged({"moment": "moment_apart"}, family="starts")
                )
            ],
            needs=start,
        ),
        Claim(
            "the balanced start",
            "The factors of the balanced start have imbalance 0, the wanted product, and its singular values to the power 1/N, "
            "for every shape and for wider hidden layers: to 1e-13.",
            Source(CONVERGENCE, "procedure 1"),
            "theorem",
            lambda e: max(e.final(f"start_{name}", family="starts") for name in ("imbalance", "product", "spectrum")),
            AtMost(1e-13),
            null=Mutant(
                "one factor enlarged at another's cost", exchanged({"start_imbalance": "start_imbalance_uneven"}, family="starts")
            ),
            mutants=[
                Mutant("singular values spread unevenly", exchanged({"start_spectrum": "start_spectrum_uneven"}, family="starts"))
            ],
            reduce="max",
            needs=start,
        ),
    ]


def _from_descent(name: str, other: str) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        value = evidence.final(other, family="descent")
        return evidence.replaced(lambda result: {name: value}, family="flow")

    return change
