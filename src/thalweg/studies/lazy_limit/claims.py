"""What is claimed of the limit of large starts."""

from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

LIMIT = Source("chizat2019lazy", "theorem 2.2, for homogeneous models from large starts")
LAZY = Source("chizat2019lazy", "theorem 2.2")
REGIMES = Source("woodworth2020kernel", "sections 2 to 4")
TALK = "a talk on the geometry of optimization and learning, its slides on the kernel regime and the scale of the start"


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_limit(parameters), *_kernel(parameters), *_student(), *_degrees(parameters), *_score(parameters)]


def _limit(parameters: Any) -> list[Claim]:
    depths, top = parameters.depths, f"{max(parameters.scales):g}"
    common: dict[str, Any] = {"source": LIMIT, "grade": "theorem", "reduce": "max", "needs": {"family": "instance"}}
    least: dict[str, Any] = common | {"reduce": "min"}

    def off(name: str, multiple: int = 1) -> Callable[[Evidence], float]:
        return lambda e: max(abs(_of(e, f"slope_{name}_{depth}") + multiple * depth) for depth in depths)

    def worst(name: str, pick: Callable[..., float] = max) -> Callable[[Evidence], float]:
        return lambda e: pick(_of(e, f"{name}_{depth}") for depth in depths)

    def variant(name: str, other: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"{name}_{depth}": f"{other}_{depth}" for depth in depths}, family="instance")

    return [
        Claim(
            name="rate of the limit",
            sentence="A diagonal network of depth D from a large start moves as its kernel flow, once its displacement and its "
            r"clock are scaled: the largest distance over all times falls as $\alpha^{-D}$; exponents within 0.1 of -D.",
            measure=off("apart"),
            allowed=AtMost(0.1),
            null=Mutant("as printed", variant("slope_apart", "slope_printed")),
            mutants=[
                Mutant("the clock as printed, the displacement scaled", variant("slope_apart", "slope_printed_clock")),
                Mutant(
                    "the clock corrected, the parameters over the scale as printed", variant("slope_apart", "slope_printed_scale")
                ),
                Mutant("the displacement not multiplied", variant("slope_apart", "slope_unscaled")),
            ],
            **common,
        ),
        Claim(
            name="the printed limit",
            sentence=r"With the parameters over $\alpha$ and the clock $t/\alpha^{D-1}$ nothing moves in the limit: the largest "
            rf"distance from $w_K$ is at least 0.99 of $\|w_K(\infty) - w_0\|$ at scale {top}, not zero.",
            measure=worst("printed", min),
            allowed=AtLeast(0.99),
            null=Mutant("the scaling that has the limit", variant("printed", "apart")),
            mutants=[Mutant("the distance of the functions", variant("printed", "function"))],
            erratum=Erratum(
                r"$\lim_{\alpha\to\infty}\sup_t\|\frac1\alpha w_\alpha(t/\alpha^{D-1}) - w_K(t)\| = 0$",
                TALK,
                r"$\lim_{\alpha\to\infty}\sup_t\|\alpha^{D-1}(w_\alpha(t/\alpha^{2(D-1)}) - \alpha w_0) - (w_K(t) - w_0)\| = 0$, "
                r"at the rate $\alpha^{-D}$; as printed it tends to $\|w_K(\infty) - w_0\|$.",
            ),
            **least,
        ),
        Claim(
            name="the function in the limit",
            sentence=f"At scale {top} the coefficients are those of the interpolant of least norm in the kernel, not $\\alpha$ "
            "times them: relative difference at most 1e-5.",
            measure=worst("function"),
            allowed=AtMost(1e-5),
            null=Mutant("divided by the scale, as printed", variant("function", "function_printed")),
            mutants=[Mutant("the parameters as printed", variant("function", "printed"))],
            erratum=Erratum(
                r"$\frac1\alpha h_\alpha(\infty) \to \hat h_{K_0}$",
                TALK,
                r"$h_\alpha(\infty) \to \hat h_{K_0}$: both interpolate the same targets; divided by $\alpha$ it tends to 0.",
            ),
            **common,
        ),
        Claim(
            name="rate of the function",
            sentence="From equal halves the first order cancels in the function, which comes to its limit at twice the exponent: "
            "slopes within 0.2 of -2D, between the smallest two scales.",
            measure=off("function", 2),
            allowed=AtMost(0.2),
            null=Mutant("as printed", variant("slope_function", "slope_function_printed")),
            mutants=[Mutant("the exponent of the parameters", variant("slope_function", "slope_apart"))],
            **common,
        ),
    ]


def _kernel(parameters: Any) -> list[Claim]:
    names = _homogeneous(parameters)
    common: dict[str, Any] = {"source": REGIMES, "grade": "theorem", "reduce": "max", "needs": {"family": "models"}}

    def off(e: Evidence) -> float:
        return max(
            abs(e.final(f"exponent_{name}", family="models") - 2 * (e.final(f"known_{name}", family="models") - 1))
            for name in names
        )

    def power(exponent: Callable[[float], float]) -> Callable[[Evidence], Evidence]:
        return lambda e: e.replaced(
            lambda r: {f"exponent_{name}": exponent(float(r.finals[f"known_{name}"])) for name in names}, family="models"
        )

    def printed(factor: int) -> Callable[[Evidence], Evidence]:
        return exchanged({"factor_off_8": f"factor_off_{factor}"}, family="models")

    return [
        Claim(
            name="the kernel of a scaled start",
            sentence=r"The tangent kernel of a model homogeneous of degree D at $\alpha w$ is $\alpha^{2(D-1)}$ times that at "
            "$w$: exponents of diagonal, linear and ReLU networks within 1e-8.",
            measure=off,
            allowed=AtMost(1e-8),
            null=Mutant("a kernel that does not change", power(lambda degree: 0.0)),
            mutants=[
                Mutant("the exponent D - 1 of the gradient", power(lambda degree: degree - 1)),
                Mutant("the exponent 2D of the square of the function", power(lambda degree: 2 * degree)),
            ],
            **common,
        ),
        Claim(
            name="the kernel of the squared network",
            sentence=r"At $w_+ = w_- = 1$ the kernel of $\langle w_+^2 - w_-^2, x\rangle$ is $8\langle x, x'\rangle$, four from "
            "each half: relative difference at most 1e-12.",
            measure=lambda e: e.final("factor_off_8", family="models"),
            allowed=AtMost(1e-12),
            null=Mutant("the factor 4, as printed", printed(4)),
            mutants=[Mutant("the factor 2 of one gradient", printed(2))],
            published="4<x, x'>",
            erratum=Erratum(
                r"$K_0(x, x') = 4\langle x, x'\rangle$",
                TALK,
                r"$K_0(x, x') = 8\langle x, x'\rangle$ at $w_0 = 1$, and $8\alpha^2\langle x, x'\rangle$ at $\alpha w_0$; the "
                "interpolant of least norm is the same.",
            ),
            **common,
        ),
    ]


def _student() -> list[Claim]:
    common: dict[str, Any] = {"source": LAZY, "needs": {"family": "instance"}}

    def off(label: str, exponent: float) -> Callable[[Evidence], float]:
        return lambda e: abs(_of(e, f"slope_{label}") + exponent)

    def variant(label: str, other: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"slope_{label}": f"slope_{other}", f"median_{label}": f"median_{other}"}, family="instance")

    biased = "a start whose outputs are not zero"
    rates = [
        Claim(
            name=name,
            sentence=sentence,
            measure=off(label, exponent),
            allowed=AtMost(0.1),
            null=Mutant(biased, variant(label, f"{label.split('_')[0]}_smooth_biased")),
            mutants=[Mutant(what, variant(label, other))],
            grade="theorem",
            reduce="max",
            **common,
        )
        for name, sentence, label, exponent, what, other in (
            (
                "movement of a lazy student",
                r"With outputs multiplied by $\alpha$ and the loss divided by $\alpha^2$, a smooth two-layer student that "
                r"starts at zero moves by $O(1/\alpha)$ in any fixed time: exponents within 0.1 of -1.",
                "moved_smooth_copies",
                1,
                "the distance from the linearized path",
                "parameters_smooth_copies",
            ),
            (
                "parameters of a lazy student",
                r"Its parameters stay within $O(1/\alpha^2)$ of those of its linearization: exponents within 0.1 of -2.",
                "parameters_smooth_copies",
                2,
                "the movement",
                "moved_smooth_copies",
            ),
            (
                "outputs of a lazy student",
                r"The outputs stay within $O(1/\alpha)$ of those of the linearization, and no closer where the start is at zero "
                "because its outputs were subtracted: exponents within 0.1 of -1.",
                "outputs_smooth_centred",
                1,
                "units in pairs that cancel",
                "outputs_smooth_copies",
            ),
            (
                "copies cancel the first order",
                r"Where units start in pairs that cancel, outputs stay within $O(1/\alpha^2)$, beyond the theorem: exponents "
                "within 0.1 of -2.",
                "outputs_smooth_copies",
                2,
                "outputs subtracted instead",
                "outputs_smooth_centred",
            ),
        )
    ]
    return [
        *rates,
        Claim(
            name="a biased start is not lazy",
            sentence="From a start whose outputs are not zero there is more to unlearn the larger the scale: the movement does "
            "not fall; median exponent at least -0.3.",
            measure=lambda e: _of(e, "median_moved_smooth_biased"),
            allowed=AtLeast(-0.3),
            null=Mutant("outputs zero by copies", variant("moved_smooth_biased", "moved_smooth_copies")),
            mutants=[Mutant("outputs zero by subtracting them", variant("moved_smooth_biased", "moved_smooth_centred"))],
            grade="figure",
            **common,
        ),
        Claim(
            name="kinks do not change that",
            sentence=r"The theorem asks for a derivative without jumps. A ReLU student goes as $1/\alpha$ too, and leaves its "
            "linearization behind by less: median exponent of that distance at most -0.9.",
            measure=lambda e: _of(e, "median_parameters_kinked_copies"),
            allowed=AtMost(-0.9),
            null=Mutant(biased, variant("parameters_kinked_copies", "moved_smooth_biased")),
            mutants=[Mutant("the distance from the linearization of a biased start", _kinked_biased())],
            grade="figure",
            **common,
        ),
    ]


def _kinked_biased() -> Callable[[Evidence], Evidence]:
    return exchanged({"median_parameters_kinked_copies": "median_parameters_smooth_biased"}, family="instance")


def _degrees(parameters: Any) -> list[Claim]:
    names = _homogeneous(parameters)
    common: dict[str, Any] = {"source": REGIMES, "grade": "theorem", "needs": {"family": "models"}}

    def off(e: Evidence) -> float:
        return max(
            max(
                abs(e.final(f"degree_{name}", family="models") - e.final(f"known_{name}", family="models")),
                e.final(f"deviation_{name}", family="models"),
            )
            for name in names
        )

    return [
        Claim(
            name="degrees of homogeneity",
            sentence=r"The identity $\langle w, \nabla f\rangle = D f$ holds with D the number of layers, for diagonal, linear "
            "and ReLU networks, biases in the first layer allowed: differences at most 1e-10.",
            measure=off,
            allowed=AtMost(1e-10),
            null=Mutant("a bias in the last layer", exchanged({"deviation_relu_2": "deviation_relu_last_bias"}, family="models")),
            mutants=[Mutant("a layer not counted", exchanged({"degree_relu_3": "degree_relu_2"}, family="models"))],
            reduce="max",
            **common,
        ),
        Claim(
            name="a bias that breaks it",
            sentence="A bias in the last layer breaks homogeneity: the identity is off by at least 0.001, and the bias is named.",
            measure=lambda e: (
                e.final("deviation_relu_last_bias", family="models")
                * ("bias" in str(e.one(family="models").finals["breaks_relu_last_bias"]))
            ),
            allowed=AtLeast(0.001),
            null=Mutant("no bias", exchanged({"deviation_relu_last_bias": "deviation_relu_2"}, family="models")),
            mutants=[
                Mutant(
                    "a bias in the first layer",
                    exchanged({"deviation_relu_last_bias": "deviation_relu_first_bias"}, family="models"),
                ),
                Mutant("no leaf named", exchanged({"breaks_relu_last_bias": "breaks_relu_2"}, family="models")),
            ],
            reduce="min",
            **common,
        ),
    ]


def _score(parameters: Any) -> list[Claim]:
    depths = parameters.depths
    low, high = min(parameters.score_scales), max(parameters.score_scales)
    common: dict[str, Any] = {"source": REGIMES, "grade": "figure", "reduce": "max", "needs": {"family": "instance"}}
    least: dict[str, Any] = common | {"reduce": "min"}
    theorem: dict[str, Any] = common | {"grade": "theorem"}
    models: dict[str, Any] = common | {"needs": {"family": "models"}}
    least_models: dict[str, Any] = models | {"reduce": "min"}

    def worst(name: str, pick: Callable[..., float] = max) -> Callable[[Evidence], float]:
        return lambda e: pick(_of(e, f"{name}_{depth}") for depth in depths)

    def variant(name: str, other: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"{name}_{depth}": f"{other}_{depth}" for depth in depths}, family="instance")

    def nothing(name: str, value: float) -> Callable[[Evidence], Evidence]:
        return lambda e: e.replaced(lambda r: {f"{name}_{depth}": value for depth in depths}, family="instance")

    still = "a kernel that never moves"
    return [
        Claim(
            name="the score falls with the scale",
            sentence="The regime score of diagonal networks falls with the scale of the start at every depth: from each scale to "
            "the next the logarithm of its odds by at least 0.5.",
            measure=worst("least_fall"),
            allowed=AtMost(-0.5),
            null=Mutant("the same score at every scale", nothing("least_fall", 0.0)),
            mutants=[Mutant("one less the cosine of the kernels instead", variant("least_fall", "least_fall_cosine"))],
            **common,
        ),
        Claim(
            name="small starts are rich",
            sentence=f"It is at least 0.95 at scale {low:g}.",
            measure=worst("low", min),
            allowed=AtLeast(0.95),
            null=Mutant(still, nothing("low", 0.0)),
            mutants=[Mutant("one less the cosine of the kernels instead", variant("low", "cosine_low"))],
            **least,
        ),
        Claim(
            name="large starts are lazy",
            sentence=f"It is at most 0.001 at scale {high:g}.",
            measure=worst("high"),
            allowed=AtMost(0.001),
            null=Mutant("the score of the smallest start", variant("high", "low")),
            mutants=[Mutant("one less the cosine at the smallest start", variant("high", "cosine_low"))],
            **common,
        ),
        Claim(
            name="the score on one coefficient",
            sentence=r"On one coefficient at depth 2 it is $(s - 1)/(s + 1)$ with $s = \sqrt{1 + \beta^2/4\alpha^4}$: "
            "difference at most 1e-5 at every scale.",
            measure=lambda e: _of(e, "apart_law"),
            allowed=AtMost(1e-5),
            null=Mutant(still, exchanged({"apart_law": "apart_still"}, family="instance")),
            mutants=[
                Mutant(
                    "the square of the scale instead of its fourth power",
                    exchanged({"apart_law": "apart_law_square"}, family="instance"),
                )
            ],
            **theorem,
        ),
        Claim(
            name="the score of a model's runs",
            sentence="Measured by `tw.regime` on runs of the network written as a plain function, on inputs it was not trained "
            "on, it is the score of the paths that scipy integrates: relative difference at most 0.03.",
            measure=lambda e: e.final("runs_apart", family="models"),
            allowed=AtMost(0.03),
            null=Mutant("a score of zero", lambda e: e.replaced(lambda r: {"runs_apart": 1.0}, family="models")),
            mutants=[
                Mutant(
                    "the drift of the kernel, over its size at the start alone",
                    exchanged({"runs_apart": "runs_apart_drift"}, family="models"),
                )
            ],
            **models,
        ),
        Claim(
            name="distance from the linearized twin",
            sentence="On inputs that neither was trained on, outputs are at least 100 times nearer to those of the linearized "
            f"twin at scale {max(parameters.run_scales):g} than at {min(parameters.run_scales):g}.",
            measure=lambda e: e.final("function_low", family="models") / e.final("function_high", family="models"),
            allowed=AtLeast(100.0),
            null=Mutant("the same distance", exchanged({"function_high": "function_low"}, family="models")),
            mutants=[Mutant("the distance at a scale of 1", exchanged({"function_high": "function_one"}, family="models"))],
            **least_models,
        ),
    ]


def _homogeneous(parameters: Any) -> list[str]:
    layered = [f"{kind}_{depth}" for kind in ("diagonal", "linear") for depth in parameters.model_depths]
    return [*layered, "relu_2", "relu_3", "relu_first_bias"]


def _of(evidence: Evidence, name: str) -> float:
    return evidence.final(name, family="instance")
