"""Pictures and tables of generalisation in time."""

import dataclasses
from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, Result, over_seeds
from thalweg.studies.student_teacher.work import CHECKED

RIDGE = (Rule(1.0, "ridge at its best"),)


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The errors in time, over ratios of samples to parameters, and what happens where no input reaches."""
    pictures = []
    students = [found for ratio in parameters.ratios if (found := _first(evidence, family="simulated", ratio=ratio))]
    if students:
        pictures.append(_in_time(parameters, students))
    formulas = _first(evidence, family="formulas")
    if formulas:
        pictures.append(_over_ratios(parameters, formulas, students))
        pictures.append(_signals(formulas))
    followed = _first(evidence, family="paths")
    if followed:
        pictures.append(_out_of_reach(parameters, followed))
    return pictures


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Errors of simulated students beside the law."""
    rows: list[list[Cell | str]] = []
    for ratio in parameters.ratios:
        records = [result.record() for result in evidence.select(family="simulated", ratio=ratio)]
        if not records:
            continue
        at = np.searchsorted(records[0].time.values, CHECKED)
        cells: list[Cell | str] = [Cell(*over_seeds([float(r.tested.values[i]) for r in records])) for i in at]
        rows.append([f"{ratio:g}, simulated", *cells])
        rows.append([f"{ratio:g}, law", *(Cell(float(records[0].law.values[i])) for i in at)])
    if not rows:
        return []
    caption = (
        f"Error on new samples, in units of the teacher's variance, of students with {parameters.length} parameters "
        f"(means over {parameters.draws} draws of inputs, {parameters.teachers} teachers each; median over seeds with "
        f"the least and the largest), and the limit of many inputs. SNR {parameters.snr:g}, INR {parameters.inr:g}."
    )
    columns = ["samples over parameters", *(f"time {time:g}" for time in CHECKED)]
    return [Table("errors", "Errors in time", caption, columns, rows)]


def _first(evidence: Evidence, **at: Any) -> Result | None:
    results = evidence.select(**at)
    return min(results, key=lambda result: result.seed) if results else None


def _in_time(parameters: Any, students: list[Result]) -> Plot:
    tested, trained = [], []
    for group, result in enumerate(students):
        record, label = result.record(), f"{result.coordinates['ratio']:g}"
        time = record.time.values
        some = slice(None, None, 3)
        for lines, law, found in ((tested, record.law, record.tested), (trained, record.fit, record.trained)):
            lines.append(Line(time, law.values, f"{label} samples a parameter", group))
            lines.append(Line(time[some], found.values[some], None, group, style="dot", markers=True))
    noise = [Rule(1 / parameters.snr, "noise of a new sample")]
    floor = 1e-3
    trained = [dataclasses.replace(line, y=np.maximum(line.y, floor)) for line in trained]
    return Plot(
        "error-in-time",
        "Error on new and on seen samples in time",
        f"A linear student of a noisy linear teacher (SNR {parameters.snr:g}, INR {parameters.inr:g}). Lines: the "
        f"limit of many inputs. Points: students with {parameters.length} parameters, means over draws. On new "
        "samples the error falls, and then rises again as noise is learnt: most with as many samples as parameters, "
        f"where it rises without end. The error on seen samples always falls (drawn down to {floor:g}).",
        [
            Panel("new samples", "time", "error", tested, noise, x_scale="log", y_scale="log"),
            Panel("seen samples", "time", "error", trained, x_scale="log", y_scale="log"),
        ],
    )


def _over_ratios(parameters: Any, formulas: Result, students: list[Result]) -> Plot:
    record = formulas.record()
    ratio, fixed = record.ratio.values, record.fixed.values
    moments = ("time 2", "time 20", "time 1000")
    lines = [Line(ratio, fixed[:, i], f"stopped at {moment}", i) for i, moment in enumerate(moments)]
    lines.append(Line(ratio, record.stopped.values, "stopped when best", 3))
    excess = record.from_zero.values / record.ridge.values
    cost = [Line(ratio, excess, "stopped when best, from a start at 0", 3)]
    for result in students:  # a point each: no line leads from one ratio to the next
        x, ends = np.array([float(result.coordinates["ratio"])]), result.record().tested.values
        lines.append(Line(x, ends[-1:], "simulated, time 1000", 2, style="dot", markers=True))
        lines.append(Line(x, np.array([ends.min()]), "simulated, best", 3, style="dot", markers=True))
        cost.append(Line(x, np.array([result.finals["stopped"]]), "simulated", 3, style="dot", markers=True))
    return Plot(
        "over-ratios",
        "Too few samples, enough, and just as many as parameters",
        f"Error on new samples over the ratio of samples to parameters (SNR {parameters.snr:g}). Left: students that "
        "are stopped at the same time whatever the ratio have a peak at as many samples as parameters, higher the "
        "longer they train; stopped when it is best for their ratio they have none. Right: from a start at 0 "
        "stopping in time does nearly what the best ridge does.",
        [
            Panel("when to stop", "samples over parameters", "error", lines, x_scale="log", y_scale="log"),
            Panel("stopping over ridge", "samples over parameters", "error over that of ridge", cost, RIDGE, x_scale="log"),
        ],
    )


def _signals(formulas: Result) -> Plot:
    record = formulas.record()
    signal = record.signal.values
    lines = [
        Line(signal, record.best_time.values[i], f"{name} samples a parameter", i) for i, name in enumerate(("0.5", "1", "2"))
    ]
    late = signal[signal >= 10]
    lines.append(Line(late, late * (1 + np.sqrt(2)) / 4, "(1 + sqrt 2)/4 times SNR", 1, style="dash"))
    return Plot(
        "best-time",
        "When to stop, over signal to noise",
        "The time of the least error on new samples, from a start at 0. The more accurate the labels, the longer "
        "training pays: as the logarithm of signal to noise where the modes of the inputs stay away from 0, and in "
        "proportion to it at as many samples as parameters, where they do not.",
        [Panel("best time", "signal to noise", "time", lines, x_scale="log", y_scale="log")],
    )


def _out_of_reach(parameters: Any, followed: Result) -> Plot:
    record = followed.record()
    time = record.time.values[1:]
    names = [f"two layers, from {scale:.0e}" for scale in record.scale.values]
    outside = [Line(time, record.shallow_outside.values[1:], "one layer", 0)]
    errors = [Line(time, record.shallow_error.values[1:], "one layer", 0)]
    errors.append(Line(time, record.shallow_law.values[1:], "its law", 0, style="dot"))
    for index, name in enumerate(names):
        outside.append(Line(time, record.deep_outside.values[index, 1:], name, index + 1))
        errors.append(Line(time, record.deep_error.values[index, 1:], name, index + 1))
    return Plot(
        "out-of-reach",
        "Where no input reaches",
        f"Students with {parameters.side} parameters and {parameters.samples} samples along gradient flow. Left: the "
        "part of the predictor in directions that no input reaches. Of one layer it is frozen. Of two layers the "
        "first is frozen and the second carries it along as it grows: the end is in proportion to the square root of "
        "the scale at the start. Right: what that costs on new samples; small starts cost nothing there, and wait "
        "longer before they learn.",
        [
            Panel("predictor out of reach", "time", "norm", outside, x_scale="log", y_scale="log"),
            Panel("error on new samples", "time", "error", errors, x_scale="log"),
        ],
    )
