r"""Generalisation in time: a linear student learns from a noisy linear teacher, on the mean over both.

The teacher is $y = \bar w^\top x + \varepsilon$ with $\bar w \sim N(0, \sigma_w^2 I)$, noise of variance
$\sigma_\varepsilon^2$ and inputs whose entries have variance $1/N$. The student moves by
$\tau\dot w = X(y - X^\top w)$ from $w(0) \sim N(0, \sigma_0^2 I)$. $\mathrm{SNR} = \sigma_w^2/\sigma_\varepsilon^2$ and
$\mathrm{INR} = \sigma_0^2/\sigma_w^2$. Errors are means over teacher, noise and start, in units of $\sigma_w^2$; times are
in units of $\tau$.
"""

from typing import Any

import numpy as np
from scipy.optimize import brentq

from thalweg._arrays import reals
from thalweg._module import number
from thalweg.theory.input_modes import InputModes


def generalisation_error(time: Any, modes: InputModes, *, snr: Any, inr: Any = 0.0) -> np.ndarray:
    r"""The error $E_g(t)/\sigma_w^2$ on a new noisy sample.

    It is
    $\sum_i \rho_i\big[(1+\mathrm{INR})e^{-2\lambda_it} + (1-e^{-\lambda_it})^2/(\lambda_i\mathrm{SNR})\big] + 1/\mathrm{SNR}$:
    what is not learnt yet, what is learnt of the noise, and the noise of the new sample.

    Arguments:
        time: in units of $\tau$, of any shape.
        modes: the eigenvalues $\lambda_i$ of $XX^\top$ and their shares $\rho_i$.
        snr: signal to noise, positive; inr: start to signal, not negative.

    Returns:
        The error at each time.

    Raises:
        ValueError: a negative time or ratio.

    Examples:
        >>> import thalweg as tw
        >>> modes = tw.theory.InputModes.marchenko_pastur(1.0)
        >>> tw.theory.generalisation_error([0.5, 2, 10, 100], modes, snr=5, inr=0.1).round(3).tolist()
        [0.798, 0.605, 0.662, 1.468]

    Reference:
        advani2020high, section 2, the error in time.
    """
    t, signal, start = _time(time), _snr(snr), 1 + _inr(inr)
    fading = np.exp(-t[..., None] * modes.values)
    learnt = np.zeros_like(fading)
    np.divide(np.expm1(-t[..., None] * modes.values) ** 2, modes.values, out=learnt, where=modes.values > 0)
    return (start * fading**2 + learnt / signal) @ modes.weights + 1 / signal


def training_error(time: Any, modes: InputModes, *, snr: Any, inr: Any = 0.0) -> np.ndarray:
    r"""The mean of squares over the training samples, in units of $\sigma_w^2$.

    It is
    $\frac{1}{\alpha}\sum_{\lambda_i>0} \rho_i e^{-2\lambda_it}\big[(1+\mathrm{INR})\lambda_i + 1/\mathrm{SNR}\big]$
    and the noise out of reach, $(1 - r/P)/\mathrm{SNR}$ with $r$ the rank of $X$: in the limit
    $\max(0, 1-1/\alpha)/\mathrm{SNR}$.

    Arguments:
        time, modes, snr, inr: as for `generalisation_error`.

    Returns:
        The error at each time.

    Examples:
        >>> import thalweg as tw
        >>> modes = tw.theory.InputModes.marchenko_pastur(2.0)
        >>> tw.theory.training_error([0.0, 1e3], modes, snr=5).round(6).tolist()
        [1.2, 0.1]

    Reference:
        advani2020high, section 2, the training error.
    """
    t, signal, start = _time(time), _snr(snr), 1 + _inr(inr)
    seen = modes.weights * (modes.values > 0) / modes.ratio
    return np.exp(-2 * t[..., None] * modes.values) @ (seen * (start * modes.values + 1 / signal)) + (1 - seen.sum()) / signal


def final_generalisation_error(ratio: Any, *, snr: Any, inr: Any = 0.0) -> float:
    r"""The limit of long training in high dimension: $\frac{\alpha}{(\alpha-1)\mathrm{SNR}}$ for $\alpha > 1$,
    $(1-\alpha)(1+\mathrm{INR}) + \frac{1}{(1-\alpha)\mathrm{SNR}}$ for $\alpha < 1$, and infinite at $\alpha = 1$.

    Examples:
        >>> import thalweg as tw
        >>> [round(tw.theory.final_generalisation_error(ratio, snr=5, inr=0.1), 3) for ratio in (0.5, 1, 2)]
        [0.95, inf, 0.4]

    Reference:
        advani2020high, section 2, the limit of long training.
    """
    alpha, signal = float(number(ratio, "ratio", above=0)), _snr(snr)
    if alpha == 1:
        return float("inf")
    return alpha / (alpha - 1) / signal if alpha > 1 else (1 - alpha) * (1 + _inr(inr)) + 1 / (1 - alpha) / signal


def overtraining_growth(time: Any, *, snr: Any) -> np.ndarray:
    r"""What $E_g/\sigma_w^2$ grows like at $\alpha = 1$: $\frac{2(2-\sqrt2)}{\sqrt\pi}\,\frac{\sqrt t}{\mathrm{SNR}}$.

    Near 0 the density of modes is $1/(\pi\sqrt\lambda)$, and
    $\int_0^\infty u^{-3/2}(1-e^{-u})^2du = 2\sqrt\pi(2-\sqrt2)$.

    Examples:
        >>> import thalweg as tw
        >>> modes, late = tw.theory.InputModes.marchenko_pastur(1.0), 1e8
        >>> whole = tw.theory.generalisation_error(late, modes, snr=5)
        >>> bool(abs(whole / tw.theory.overtraining_growth(late, snr=5) - 1) < 1e-3)
        True

    Reference:
        advani2020high, section 2, the limit of long training.
    """
    return 2 * (2 - np.sqrt(2)) / np.sqrt(np.pi) * np.sqrt(_time(time)) / _snr(snr)


def best_stopping_time_of_mode(mode: Any, *, snr: Any, inr: Any = 0.0) -> np.ndarray:
    r"""When to stop a mode: $t^* = \frac{1}{\lambda}\ln\big(1 + \mathrm{SNR}(1+\mathrm{INR})\lambda\big)$.

    Before it the error of the mode falls, after it rises. At $\lambda = 0$ it is the limit,
    $\mathrm{SNR}(1+\mathrm{INR})$.

    Examples:
        >>> import thalweg as tw
        >>> float(tw.theory.best_stopping_time_of_mode(1.0, snr=5).round(6))
        1.791759

    Reference:
        advani2020high, section 2, early stopping, for a start at 0.
    """
    values = _nonnegative(mode, "mode")
    reach = _snr(snr) * (1 + _inr(inr))
    found = np.full(values.shape, reach)
    np.divide(np.log1p(reach * values), values, out=found, where=values > 0)
    return found


def best_stopping_time(modes: InputModes, *, snr: Any, inr: Any = 0.0) -> float:
    r"""When to stop all modes at once: the time of the least generalisation error.

    It lies between the best times of the largest and of the smallest mode that inputs reach. Where modes stay away
    from 0 it grows as the logarithm of SNR; at $\alpha = 1$ they do not, and it grows as
    $\frac{1+\sqrt2}{4}\,\mathrm{SNR}(1+\mathrm{INR})$.

    Examples:
        >>> import thalweg as tw
        >>> modes = tw.theory.InputModes.marchenko_pastur(1.0)
        >>> round(tw.theory.best_stopping_time(modes, snr=5, inr=0.1), 2)
        3.37

    Reference:
        advani2020high, section 2, early stopping.
    """
    reached = modes.values[modes.values > 0]
    if reached.size == 0:
        raise ValueError("no input reaches any direction: all modes are 0, and the error does not depend on time")
    low, high = (float(best_stopping_time_of_mode(value, snr=snr, inr=inr)) for value in (reached.max(), reached.min()))

    signal, start = _snr(snr), 1 + _inr(inr)

    def slope(clock: Any) -> Any:
        # of the error over time, half of it; of the error itself only as many digits are left as it moves
        fading = np.exp(-np.exp(clock)[..., None] * reached)
        return (fading * ((1 - fading) / signal - start * reached * fading)) @ modes.weights[modes.values > 0]

    clocks = np.linspace(np.log(low) - 1e-9, np.log(high) + 1e-9, 513)
    slopes = slope(clocks)
    turns = np.flatnonzero((slopes[:-1] <= 0) & (slopes[1:] > 0))
    roots: list[Any] = [brentq(lambda c: float(slope(np.asarray(c))), clocks[at], clocks[at + 1], xtol=1e-14) for at in turns]
    times = [float(np.exp(root)) for root in roots]
    return min(times, key=lambda time: float(generalisation_error(time, modes, snr=snr, inr=inr)))


def ridge_error(penalty: Any, modes: InputModes, *, snr: Any) -> np.ndarray:
    r"""The error of ridge regression, $\arg\min_w \|y - X^\top w\|^2 + \gamma\|w\|^2$, on a new noisy sample.

    It is $\sum_i\rho_i\,(\gamma^2 + \lambda_i/\mathrm{SNR})/(\gamma+\lambda_i)^2 + 1/\mathrm{SNR}$, least at
    $\gamma = 1/\mathrm{SNR}$, for any modes.

    Arguments:
        penalty: $\gamma$, positive, of any shape; modes, snr: as for `generalisation_error`.

    Examples:
        >>> import thalweg as tw
        >>> modes = tw.theory.InputModes.marchenko_pastur(1.0)
        >>> tw.theory.ridge_error([0.1, 0.2, 0.4], modes, snr=5).round(4).tolist()
        [0.5841, 0.5583, 0.5824]

    Reference:
        advani2020high, section 2, early stopping and weight decay.
    """
    gamma, signal = reals(penalty, "penalty"), _snr(snr)
    if not (np.isfinite(gamma).all() and (gamma > 0).all()):
        raise ValueError(f"penalty must be positive and finite, got {penalty!r}")
    held = gamma[..., None] + modes.values
    return ((gamma[..., None] ** 2 + modes.values / signal) / held**2) @ modes.weights + 1 / signal


def _nonnegative(value: Any, name: str) -> np.ndarray:
    array = reals(value, name)
    if not (np.isfinite(array).all() and (array >= 0).all()):
        raise ValueError(f"{name} must be finite and not negative, got {value!r:.80}")
    return array


def _time(value: Any) -> np.ndarray:
    return _nonnegative(value, "time")


def _snr(value: Any) -> float:
    return float(number(value, "snr", above=0))


def _inr(value: Any) -> float:
    return float(number(value, "inr", least=0))
