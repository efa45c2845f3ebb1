"""What is claimed of margins of homogeneous models."""

from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

SMOOTHED = Source("lyu2020gradient", "section 4, the smoothed margin does not decrease")
TRAINING = Source("lyu2020gradient", "section 5 and appendix on experiments, loss-based learning rate")
STATIONARY = Source("lyu2020gradient", "section 4, convergence to directions of KKT points")
REPRESENTED = Source("gunasekar2018linear", "section 3, diagonal networks, least norm of parameters")
SLIDES = "a talk on the geometry of optimization, "


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    more = (_digits() if parameters.digits else []) + (_package() if parameters.package else [])
    return [*_monotone(), *_fast(), *_stationary(), *_represented(), *more]


def _monotone() -> list[Claim]:
    needs = {"family": "margins"}

    def instead(name: str, other: str, family: str = "margins") -> Callable[[Evidence], Evidence]:
        return exchanged({name: other}, family=family)

    return [
        Claim(
            "the smoothed margin does not fall in a step",
            "Two-layer ReLU networks without output bias, descended by small steps of log L: once all samples are fitted, the "
            "smoothed margin log(1/sum exp(-q)) / ||theta||^2 falls by at most 1e-6 in any step, in any network.",
            SMOOTHED,
            "theorem",
            lambda e: e.final("drop_slow", **needs),
            AtMost(1e-6),
            null=Mutant("steps that are as large as the loss allows", instead("drop_slow", "drop_adaptive")),
            mutants=[Mutant("steps five hundred times as large", instead("drop_slow", "drop_large"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "nor over all steps together",
            "All that it falls by in thousands of steps is at most 1e-4 of its value at the end.",
            SMOOTHED,
            "theorem",
            lambda e: e.final("falls_slow", **needs),
            AtMost(1e-4),
            null=Mutant("steps that are as large as the loss allows", instead("falls_slow", "falls_adaptive")),
            mutants=[Mutant("the degree 4 in place of 2", instead("falls_slow", "falls_wrong_slow"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "a bias in the last layer breaks it",
            "A start with a constant from a unit with a bias in the first layer keeps the smoothed margin from falling, by "
            "all steps together at most 1e-4 of it; the same constant as an output bias, which breaks homogeneity, does not.",
            SMOOTHED,
            "theorem",
            lambda e: e.final("falls_hidden", family="biases"),
            AtMost(1e-4),
            null=Mutant("the constant as an output bias", instead("falls_hidden", "falls_output", "biases")),
            mutants=[Mutant("the degree 4 in place of 2", instead("falls_hidden", "falls_wrong", "biases"))],
            needs={"family": "biases"},
        ),
        Claim(
            "biases of the first layer keep the degree",
            "With biases in the first layer alone the slope along the parameters is twice the output: deviation at most 1e-12.",
            Source("lyu2020gradient", "section 2, homogeneous networks"),
            "theorem",
            lambda e: max(abs(e.final("degree", family="biases") - 2), e.final("euler", family="biases")),
            AtMost(1e-12),
            null=Mutant("with an output bias", instead("euler", "euler_output", "biases")),
            mutants=[Mutant("degree 1", lambda e: e.replaced(lambda r: {"degree": r.finals["degree"] / 2}, family="biases"))],
            needs={"family": "biases"},
        ),
        Claim(
            "the normalized margin grows",
            "From where all samples are fitted to the end the least margin over ||theta||^2 grows by at least a tenth, in the "
            "median over networks.",
            SMOOTHED,
            "figure",
            lambda e: e.final("growth_steady", **needs),
            AtLeast(1.1),
            null=Mutant("no growth", instead("growth_steady", "kkt_still")),
            mutants=[Mutant("over ||theta||^4", instead("growth_steady", "growth_wrong"))],
            needs=needs,
        ),
    ]


def _fast() -> list[Claim]:
    needs = {"family": "margins"}

    def rule(name: str) -> Callable[[Evidence], Evidence]:
        return exchanged({"log_adaptive": f"log_{name}"}, family="margins")

    return [
        Claim(
            "a loss-based rate goes far below what a loss can show",
            "With a rate that grows as the loss falls, thousands of steps bring log L below -100, in the median over networks; "
            "computed in log space.",
            TRAINING,
            "figure",
            lambda e: e.final("log_adaptive", **needs),
            AtMost(-100.0),
            null=Mutant("a constant rate", rule("constant")),
            mutants=[Mutant("a loss-based rate that is too small", rule("slow"))],
            needs=needs,
        ),
        Claim(
            "and a constant rate does not",
            "In as many steps log L falls at least ten times as far as with a constant rate.",
            TRAINING,
            "figure",
            lambda e: e.final("log_adaptive", **needs) / e.final("log_constant", **needs),
            AtLeast(10.0),
            null=Mutant("the constant rate itself", rule("constant")),
            mutants=[Mutant("a loss-based rate that is too small", rule("slow"))],
            needs=needs,
        ),
    ]


def _stationary() -> list[Claim]:
    needs, ends = {"family": "margins"}, {"family": "ends"}

    def of_ends(names: dict[str, str]) -> Callable[[Evidence], Evidence]:
        return exchanged(names, family="ends")

    return [
        Claim(
            "networks near stationary points",
            "The residual of the conditions of Karush, Kuhn and Tucker for the largest margin falls to at most half of what "
            "it was when all samples were first fitted, in the median over networks.",
            STATIONARY,
            "figure",
            lambda e: e.final("kkt_ratio", **needs),
            AtMost(0.5),
            null=Mutant("parameters that stay", exchanged({"kkt_ratio": "kkt_still"}, family="margins")),
            mutants=[Mutant("labels the wrong way round", exchanged({"kkt_ratio": "kkt_wrong"}, family="margins"))],
            needs=needs,
        ),
        Claim(
            "two stationary ends, at known margins",
            "Two samples at an obtuse angle phi: units that see both end at a normalized margin of cos(phi/2)/2, units that see "
            "one each at 1/4: both within 0.1 percent.",
            STATIONARY,
            "theorem",
            lambda e: max(e.final("off_both", **ends), e.final("off_each", **ends)),
            AtMost(1e-3),
            null=Mutant("the start", of_ends({"off_both": "off_start_both", "off_each": "off_start_each"})),
            mutants=[Mutant("the two exchanged", of_ends({"off_both": "off_exchanged"}))],
            reduce="max",
            needs=ends,
        ),
        Claim(
            "and one is not the largest",
            "Both ends are stationary, to a residual of at most 0.02, yet the margin of the first is smaller than that of the "
            "second by a factor of at least 1.1.",
            STATIONARY,
            "figure",
            lambda e: (
                e.final("least_both", **ends) if max(e.final(f"kkt_{n}", **ends) for n in ("both", "each")) <= 0.02 else 0.0
            ),
            AtLeast(1.1),
            null=Mutant("the second in place of the first", of_ends({"least_both": "least_each"})),
            mutants=[Mutant("residuals as at a start", of_ends({"kkt_both": "off_start_both"}))],
            reduce="min",
            needs=ends,
        ),
    ]


def _represented() -> list[Claim]:
    needs = {"family": "representation"}

    def instead(names: dict[str, str]) -> Callable[[Evidence], Evidence]:
        return exchanged(names, family="representation")

    return [
        Claim(
            "the least norm of parameters",
            "For diagonal networks of depth D the least norm of all parameters with the predictor beta, found by descent, is "
            "sqrt(D) (sum |beta_i|^(2/D))^(1/2): relative difference at most 1e-8, at depths 2, 3 and 4.",
            REPRESENTED,
            "theorem",
            lambda e: e.final("apart_formula", **needs),
            AtMost(1e-8),
            null=Mutant("the norm of some parameters with this predictor", instead({"apart_formula": "apart_any"})),
            mutants=[
                Mutant("the power 2/(D + 1)", instead({"apart_formula": "apart_one_less"})),
                Mutant("without the factor sqrt(D)", instead({"apart_formula": "apart_no_factor"})),
            ],
            reduce="max",
            needs=needs,
            erratum=Erratum(
                r"$R_F(h) = \arg\min_{F(w) = h} \|w\|_2$",
                SLIDES + "homogeneous models",
                r"$R_F(h) = \min_{F(w) = h} \|w\|_2$: a number, the least norm; the parameters that attain it are many, one for "
                "every choice of signs.",
            ),
        ),
        Claim(
            "it grows as the D-th root",
            "Times eight, a predictor needs parameters of a norm larger by the power 1/D of eight: the exponent times D within "
            "1e-6 of 1.",
            REPRESENTED,
            "theorem",
            lambda e: abs(e.final("slope", **needs) - 1),
            AtMost(1e-6),
            null=Mutant("parameters that do not grow", lambda e: e.replaced(lambda r: {"slope": 0.0}, **needs)),
            mutants=[Mutant("in proportion, as printed", instead({"slope": "slope_printed"}))],
            reduce="max",
            needs=needs,
            erratum=Erratum(
                r"Linear conv nets, diagonal nets with exp loss: $R(\beta) \propto \|\beta\|_{2/D}$",
                SLIDES + "is implicit bias just l2 in parameter space",
                r"$R(\beta)^D \propto \|\beta\|_{2/D}$: $R(\beta) = \sqrt D\,\|\beta\|_{2/D}^{1/D}$, as $R(\beta)^2 \propto "
                r"\|\beta\|_{\mathrm{tr}}$ is printed for matrices. The order of predictors is the same.",
            ),
        ),
        Claim(
            "stationary in parameters is less than stationary in predictors",
            "A diagonal network with a coordinate at zero is stationary for the norm of its parameters, residual at most "
            "1e-9, while its l1 norm, which that norm induces and which is convex, is at least 1.5 times the least.",
            Source("gunasekar2018linear", "section 3, stationary points in parameters and in predictors"),
            "theorem",
            lambda e: e.final("size_kept", **needs) if e.final("kkt_kept", **needs) <= 1e-9 else 0.0,
            AtLeast(1.5),
            null=Mutant("the optimum", instead({"size_kept": "size_best", "kkt_kept": "kkt_best"})),
            mutants=[
                Mutant("with the coordinate away from zero", instead({"size_kept": "size_away", "kkt_kept": "kkt_away"})),
            ],
            reduce="min",
            needs=needs,
        ),
    ]


def _digits() -> list[Claim]:
    needs = {"family": "digits"}

    def rule(name: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"{part}_adaptive": f"{part}_{name}" for part in ("log", "normalized")}, family="digits")

    return [
        Claim(
            "on handwritten digits too",
            "Threes and eights told apart by 32 units: the loss-based rate brings log L below -100 in as many steps as leave it "
            "above -10 with a constant rate.",
            TRAINING,
            "figure",
            lambda e: max(e.final("log_adaptive", **needs) + 100, -10 - e.final("log_constant", **needs)),
            AtMost(0.0),
            null=Mutant("a constant rate", rule("constant")),
            mutants=[Mutant("a loss-based rate that is too small", rule("slow"))],
            needs=needs,
        ),
        Claim(
            "with a larger margin",
            "The normalized margin is then larger by at least a fifth.",
            TRAINING,
            "figure",
            lambda e: e.final("normalized_adaptive", **needs) / e.final("normalized_constant", **needs),
            AtLeast(1.2),
            null=Mutant("a constant rate", rule("constant")),
            mutants=[Mutant("a loss-based rate that is too small", rule("slow"))],
            needs=needs,
        ),
    ]


def _package() -> list[Claim]:
    return [
        Claim(
            "the package takes the same steps",
            "Followed by tw.follow with tw.GradientDescent, steps on the logarithm of the loss, a loss-based rate, and the "
            "package's observables of smoothed margin, stationarity and complementarity agree with the formulas: difference "
            "at most 1e-10.",
            SMOOTHED,
            "theorem",
            lambda e: e.final("apart", family="package"),
            AtMost(1e-10),
            null=Mutant("the start", exchanged({"apart": "apart_start"}, family="package")),
            mutants=[Mutant("the loss itself, at a constant rate", exchanged({"apart": "apart_constant"}, family="package"))],
            needs={"family": "package"},
        )
    ]
