"""What is claimed of the end-to-end rule: exact for balanced factors, whatever the width, and to first order for steps."""

from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged, final, put
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence, Result

PAPER, SPECTRA = "arora2018optimization", "arora2019implicit"
ROUNDING = 1e-13


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_preconditioner(), *_velocity(), *_single_output(), *_steps(), *_widths(), *_flows(parameters)]


def _preconditioner() -> list[Claim]:
    needs = {"family": "identities"}
    return [
        Claim(
            "the preconditioner is applied without being formed",
            "From one singular value decomposition the gradient is preconditioned as by the Kronecker matrix P_W, for "
            "square, wide, tall, rank deficient and repeated spectra: to 1e-13 of the norms of both.",
            Source(PAPER, "theorem 1"),
            "theorem",
            final("applied", family="identities"),
            AtMost(ROUNDING),
            null=Mutant("no preconditioner", exchanged({"applied": "applied_none"}, family="identities")),
            mutants=[
                Mutant("vectors by rows in place of columns", exchanged({"applied": "applied_rows"}, family="identities")),
                Mutant("N times a single term of the sum", exchanged({"applied": "applied_one_term"}, family="identities")),
                Mutant(
                    "powers of the Gram matrices' own eigenvalues, rounding included",
                    exchanged({"applied": "applied_naive"}, family="identities"),
                ),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "its eigenvectors are pairs of singular vectors",
            "For all pairs P_W vec(u_r v_r'^T) = Lambda_rr' vec(u_r v_r'^T) with Lambda_rr' the sum of sigma_r^(2(N-j)/N) "
            "sigma_r'^(2(j-1)/N), 0 beyond the singular values: to 1e-13 of the norm of P_W.",
            Source(PAPER, "claim 1"),
            "theorem",
            final("eigenpairs", family="identities"),
            AtMost(ROUNDING),
            null=Mutant("each with the eigenvalue of another", exchanged({"eigenpairs": "eigenpairs_next"}, family="identities")),
            mutants=[Mutant("exponents that rise together", exchanged({"eigenpairs": "eigenpairs_mixed"}, family="identities"))],
            reduce="max",
            needs=needs,
        ),
    ]


def _velocity() -> list[Claim]:
    needs, wrong = (
        {"family": "identities"},
        Mutant("no preconditioner", exchanged({"velocity_paper": "velocity_none"}, family="identities")),
    )
    return [
        Claim(
            "factors move their product by the rule",
            "The velocity of the product of balanced factors, each going down its own gradient, is minus the sum over j of "
            "[W W^T]^((j-1)/N) G [W^T W]^((N-j)/N): to 1e-13 of itself.",
            Source(PAPER, "theorem 1"),
            "theorem",
            final("velocity_paper", family="identities"),
            AtMost(ROUNDING),
            null=wrong,
            mutants=[
                Mutant("as printed in notes: W W_j^T", exchanged({"velocity_paper": "velocity_printed"}, family="identities")),
                Mutant("depth N + 1", exchanged({"velocity_paper": "velocity_deeper"}, family="identities")),
            ],
            reduce="max",
            needs=needs,
            erratum=Erratum(
                r"$\dot W_e = -\sum_j [W_e (W_j)^\top]^{\frac{j-1}{N}}\,\nabla L(W_e)\,[W_e^\top W_e]^{\frac{N-j}{N}}$",
                "the talk notes, theorem 5.1",
                r"$[W_eW_e^\top]^{\frac{j-1}{N}}$: the product stands in both brackets. With a factor the first one "
                r"has a meaning only where the shapes happen to fit, and there it is wrong by as much as the velocity "
                r"itself.",
            ),
        ),
        Claim(
            "both orders of the exponents are one sum",
            "With (N-j)/N on the left and (j-1)/N on the right, as on the slides, it is the same sum by another name "
            "of the index: to 1e-13 of itself.",
            Source(PAPER, "theorem 1"),
            "theorem",
            final("velocity_slides", family="identities"),
            AtMost(ROUNDING),
            null=Mutant("no preconditioner", exchanged({"velocity_slides": "velocity_none"}, family="identities")),
            mutants=[Mutant("one exponent from each", exchanged({"velocity_slides": "velocity_mixed"}, family="identities"))],
            reduce="max",
            needs=needs,
        ),
    ]


def _single_output() -> list[Claim]:
    needs, section = {"family": "identities"}, Source(PAPER, "section 2.1")
    return [
        Claim(
            "one output: the norm to a power, and N times along the weights",
            "With one output the product moves by -|w|^(2-2/N) (g + (N-1) Pr_w g): to 1e-13 of itself.",
            Source(PAPER, "claim 2"),
            "theorem",
            final("single", family="identities"),
            AtMost(ROUNDING),
            null=Mutant(
                "the adaptive rate alone, without the projection",
                exchanged({"single": "single_unprojected"}, family="identities"),
            ),
            mutants=[
                Mutant("N in place of N - 1", exchanged({"single": "single_depth"}, family="identities")),
                Mutant("the inverse power of the norm", exchanged({"single": "single_exponent"}, family="identities")),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "a step is an adaptive rate and a multiple of the weights",
            "Descent on a vector times a scalar moves the product w to w - rho g - gamma w with gamma = eta <w_1, "
            "g>/omega_2 and rho = eta omega_2 (omega_2 - eta <w_1, g>): at every step, to 1e-14 of the largest term.",
            section,
            "theorem",
            final("step", family="identities"),
            AtMost(1e-14),
            null=Mutant("plain gradient descent", exchanged({"step": "step_plain"}, family="identities")),
            mutants=[Mutant("the published rate, eta omega_2^2", exchanged({"step": "step_printed"}, family="identities"))],
            reduce="max",
            needs=needs,
            erratum=Erratum(
                r"$w^+ = w - \rho\nabla L(w) - \gamma w$ with $\rho = \eta\,\omega_2^2$ and $\gamma = "
                r"\eta\,\omega_2^{-1}\nabla_{\omega_2}L$",
                "the paper, section 2.1, where what is of second order in the rate is dropped; the talk notes, section 5",
                r"$\rho = \eta\,\omega_2(\omega_2 - \eta\langle w_1, \nabla L\rangle)$ makes it exact at every rate.",
            ),
        ),
        Claim(
            "unrolled it is momentum",
            "Step by step w(t+1) = w(t) - rho(t) g(t) - sum over past steps of mu(t, tau) g(tau) - nu(t) w(0), with "
            "mu(t, tau) = -gamma(t) rho(tau) prod (1 - gamma(s)) over tau < s < t: the iterates of a thousand steps "
            "come out to 1e-10.",
            section,
            "theorem",
            final("memory", family="identities"),
            AtMost(1e-10),
            null=Mutant("no memory", exchanged({"memory": "memory_none"}, family="identities")),
            mutants=[
                Mutant("without the term of the start, as printed", exchanged({"memory": "memory_start"}, family="identities")),
                Mutant(
                    "each past gradient with the weight of the one before",
                    exchanged({"memory": "memory_shifted"}, family="identities"),
                ),
            ],
            reduce="max",
            needs=needs,
            erratum=Erratum(
                r"$\nabla_{w_1} = \ldots x\,\omega_w$, and $w^{(t+1)} = w^{(t)} - \rho^{(t)}\nabla - \sum_\tau "
                r"\mu^{(t,\tau)}\nabla^{(\tau)}$ for suitable $\rho, \tau$",
                "the talk notes, section 5",
                r"$\nabla_{w_1} = \ldots x\,\omega_2$; the coefficients are $\rho^{(t)}$ and $\mu^{(t,\tau)}$, and "
                r"what is left of the start, $\gamma^{(t)}\prod_{s<t}(1-\gamma^{(s)})\,w^{(0)}$, grows with the path.",
            ),
        ),
        Claim(
            "past gradients push on while the weights grow",
            "From a start near zero that points towards the solution every mu(t, tau) is positive for as long as the "
            "norm grows: that is what makes it momentum.",
            section,
            "figure",
            final("share_momentum", family="identities"),
            AtLeast(1.0),
            null=Mutant("no memory", put({"share_momentum": 0.0}, family="identities")),
            mutants=[Mutant("the opposite sign", _opposite_momentum)],
            needs=needs,
        ),
    ]


def _steps() -> list[Claim]:
    needs, theorem = {"family": "steps"}, Source(PAPER, "theorem 1, for steps that are not small")
    return [
        Claim(
            "descent follows the rule to first order",
            "At a fixed time descent on balanced factors and descent by the rule differ in proportion to the rate, so "
            "halving it halves the difference: slope of log against log between 0.9 and 1.1.",
            theorem,
            "theorem",
            final("slope", family="steps"),
            Between(0.9, 1.1),
            null=Mutant("the rule of depth N + 1", exchanged({"slope": "slope_deeper"}, family="steps")),
            mutants=[Mutant("exponents that rise together", exchanged({"slope": "slope_mixed"}, family="steps"))],
            needs=needs,
        ),
        Claim(
            "the difference is small",
            "That difference, relative to the largest norm on the path, is at most the rate.",
            theorem,
            "figure",
            final("constant", family="steps"),
            AtMost(1.0),
            null=Mutant("the rule of depth N + 1", exchanged({"constant": "constant_deeper"}, family="steps")),
            mutants=[Mutant("a single layer in place of the rule", exchanged({"constant": "constant_shallow"}, family="steps"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "one step differs by the square of the rate",
            "After one step the two differ by what is of second order: slope of log against log between 1.95 and 2.05.",
            theorem,
            "theorem",
            final("slope_once", family="steps"),
            Between(1.95, 2.05),
            null=Mutant("the rule of depth N + 1", exchanged({"slope_once": "slope_once_deeper"}, family="steps")),
            mutants=[Mutant("at a fixed time", exchanged({"slope_once": "slope"}, family="steps"))],
            needs=needs,
        ),
    ]


def _widths() -> list[Claim]:
    needs, figure = {"family": "widths"}, Source(PAPER, "figure 3")
    return [
        Claim(
            "the width does not matter",
            "From one balanced end-to-end start, mixed by random orthogonal matrices, hidden widths of 1, 10 and 100 "
            "follow one path of descent, in l2 and l4: largest difference at most 1e-10 of the largest weight.",
            Source(PAPER, "theorem 1 and figure 3"),
            "theorem",
            final("width", family="widths"),
            AtMost(1e-10),
            null=Mutant("the rule of depth N + 1", exchanged({"width": "overlap_deeper"}, family="widths")),
            mutants=[
                Mutant(
                    "factors of the same product that are not balanced", exchanged({"width": "width_unbalanced"}, family="widths")
                )
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "networks and the rule overlap",
            "On ill-conditioned regression in l2 and l4, networks of depth 2 and 3 and a single layer under the rule "
            "of that depth follow one curve from a balanced start near zero: largest difference at most 2 percent of "
            "the largest weight.",
            figure,
            "figure",
            final("overlap", family="widths"),
            AtMost(0.02),
            null=Mutant("a single layer without the rule", exchanged({"overlap": "overlap_shallow"}, family="widths")),
            mutants=[
                Mutant("the rule of depth N + 1", exchanged({"overlap": "overlap_deeper"}, family="widths")),
                Mutant(
                    "independent Gaussian factors, not balanced", exchanged({"overlap": "overlap_independent"}, family="widths")
                ),
            ],
            published="curves that overlap",
            needs=needs,
        ),
    ]


def _flows(parameters: Any) -> list[Claim]:
    needs = {"family": "flows"}
    found = [
        Claim(
            "the two flows are one",
            "Gradient flow of balanced factors and the end-to-end flow of one matrix take the same path: largest "
            "difference along it at most 1e-8 of the largest entry, at every shape and depth.",
            Source(PAPER, "theorem 1"),
            "theorem",
            final("apart", family="flows"),
            AtMost(1e-8),
            null=Mutant("plain gradient flow of the matrix", exchanged({"apart": "apart_shallow"}, family="flows")),
            mutants=[
                Mutant("the flow of depth N + 1", exchanged({"apart": "apart_deeper"}, family="flows")),
                Mutant("factors that are not balanced", exchanged({"apart": "apart_unbalanced"}, family="flows")),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "the velocity of the factors' product obeys the rule",
            "Along gradient flow from a balanced start the product moves by the rule: largest difference at most 1e-9 "
            "of the largest velocity.",
            Source(PAPER, "theorem 1"),
            "theorem",
            final("dynamics", family="flows"),
            AtMost(1e-9),
            null=Mutant("a product that does not move", put({"dynamics": 1.0}, family="flows")),
            mutants=[Mutant("the rule of depth N + 1", exchanged({"dynamics": "dynamics_deeper"}, family="flows"))],
            reduce="max",
            needs=needs,
        ),
    ]
    if any(min(shape) > 1 for shape in parameters.shapes):
        found.append(
            Claim(
                "singular vectors turn as lemma 2 says",
                "There the singular vectors turn by U (F * [U^T G V S + S V^T G^T U]) and the part outside, with "
                "F_rr' = 1/(sigma_r'^(2/N) - sigma_r^(2/N)): largest difference times the least gap of singular "
                "values at most 1e-9 of the largest velocity.",
                Source(SPECTRA, "lemma 2"),
                "theorem",
                final("vectors", family="flows"),
                AtMost(1e-9),
                null=Mutant("the opposite sign of F", exchanged({"vectors": "vectors_opposite"}, family="flows")),
                mutants=[Mutant("powers of depth N + 1", exchanged({"vectors": "vectors_deeper"}, family="flows"))],
                reduce="max",
                needs=needs,
            )
        )
    return found


def _opposite_momentum(evidence: Evidence) -> Evidence:
    def change(result: Result) -> dict[str, Any]:
        return {"share_momentum": 1 - float(result.finals["share_momentum"])}

    return evidence.replaced(change, family="identities")
