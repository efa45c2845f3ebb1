"""Any model of a user's own, at given inputs."""

from collections.abc import Callable
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import AnyModule, Module, Rest, parted, static
from thalweg._whole import whole
from thalweg.parametrizations.base import AbstractParametrization, Params


class Plain(Module):
    """A function that holds no arrays: structure."""

    function: Callable[[Params, Any], Any] = static()

    def __call__(self, params: Params, inputs: Any) -> Any:
        return self.function(params, inputs)


class Model(AbstractParametrization):
    r"""A model $f(\theta, x)$ of your own at given inputs: the predictor is the outputs $f(\theta, x_i)$, `(outputs, n)`.

    Whatever JAX can differentiate is a model. Losses are of the outputs: `LinearRegression.whitened(targets)` is
    $\frac12\sum_i\|f(\theta, x_i) - y_i\|^2$, and `Classification.of_outputs(labels)` the loss of margins. For an equinox
    module see `of_module`.

    Arguments:
        function: `f(params, x)`, of one sample, to a number or a vector; with `batched` of all samples at once, to
            `(n,)` or `(n, outputs)`. It is called within compiled code: it must be pure, made of `jax.numpy`.
        inputs: n samples along the first axis (a row each), an array or a pytree of arrays.
        outputs: how many numbers the function gives for one sample; 1, or what it is at `params`, unless given.
        batched: whether the function takes all samples at once.
        params: parameters to try it on at once; without them it is tried when it is first used.

    Raises:
        TypeError: a function that cannot be called, or inputs that are no arrays of numbers.
        ValueError: inputs that are not finite, or of different lengths; and, when it is tried, a function that fails on a
            sample, or whose output has another shape, is not real, or is not finite.

    Examples:
        >>> import jax.numpy as jnp
        >>> import numpy as np
        >>> import thalweg as tw
        >>> def network(params, x):
        ...     return params["out"] @ jnp.maximum(params["in"] @ x, 0.0)
        >>> model = tw.Model(network, inputs=[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        >>> model.predictor({"in": np.eye(2), "out": np.array([1.0, -2.0])}).tolist()
        [[1.0, -2.0, -1.0]]

    Reference:
        chizat2019lazy, section 1.
    """

    function: Any
    inputs: Any
    outputs: int = static()
    batched: bool = static()

    def _told(self) -> dict[str, Any]:
        function: Any = self.function
        function = type(function.buffers) if isinstance(function, Rest) else function.function
        return {"function": function, "inputs": self.inputs, "outputs": self.outputs, "batched": self.batched}

    def __init__(
        self,
        function: Callable[[Params, Any], Any],
        inputs: Any,
        *,
        outputs: int | None = None,
        batched: bool = False,
        params: Any = None,
    ):
        if not callable(function):
            raise TypeError(f"function must be callable as function(params, x), got {function!r:.80}")
        if isinstance(function, AnyModule) and not isinstance(function, Rest):
            raise TypeError("function is a module that holds its own arrays: take tw.Model.of_module(module, inputs)")
        self.function = function if isinstance(function, Rest) else Plain(function)
        self.inputs, self.batched = _samples(inputs), bool(batched)
        self.outputs = 1 if outputs is None else whole(outputs, "outputs")
        if params is not None:
            shape = self._tried(lambda: jax.eval_shape(self._values, params).shape)
            if outputs is None and len(shape) == 2 and shape[1] > 0:
                self.outputs = shape[1]
            self.check(params)

    @classmethod
    def of_module(cls, module: Any, inputs: Any, *, batched: bool = False) -> tuple[Self, Params]:
        r"""An equinox module as a model, and its parameters: the module with nothing in it but its arrays of real numbers.

        A module that needs a key or a state when it is called is not a function of parameters and inputs: put it into
        inference mode first, or write the function yourself.

        Examples:
            >>> import equinox, jax
            >>> import numpy as np
            >>> import thalweg as tw
            >>> module = equinox.nn.MLP(2, "scalar", width_size=3, depth=1, key=jax.random.key(0))
            >>> model, params = tw.Model.of_module(module, inputs=np.eye(2))
            >>> bool(model.predictor(params)[0, 1] == module(np.array([0.0, 1.0])))
            True
            >>> model.module(params)(np.array([0.0, 1.0])).shape
            ()
        """
        if not isinstance(module, AnyModule) or not callable(module):
            raise TypeError(f"module must be an equinox module that can be called, got {module!r:.80}")
        params, rest = parted(module)
        if not jax.tree.leaves(params):
            raise ValueError("the module holds no arrays of real numbers: there is nothing to move")
        return cls(rest, inputs, batched=batched, params=params), params

    @property
    def shape(self) -> tuple[int, int]:
        return self.outputs, len(jax.tree.leaves(self.inputs)[0])

    def at(self, inputs: Any) -> "Model":
        """The same model at other inputs, for example held-out ones."""
        return Model(_bare(self.function), inputs, outputs=self.outputs, batched=self.batched)

    def module(self, params: Params) -> Any:
        """The equinox module with these parameters, of a model that was made of one.

        Raises:
            TypeError: a model that was made of a function.
        """
        if not isinstance(self.function, Rest):
            raise TypeError("this model was made of a function; only one made by tw.Model.of_module has a module")
        return self.function.whole(params)

    def predictor(self, params: Params) -> Array:
        values = self._values(params)
        n = self.shape[1]
        allowed = [(n, self.outputs), (n,)] if self.outputs == 1 else [(n, self.outputs)]
        if values.shape not in allowed:
            raise ValueError(self._misfit(values.shape))
        if not jnp.issubdtype(values.dtype, jnp.floating):
            raise ValueError(f"the outputs of the model must be real numbers, they are of type {values.dtype}")
        return jnp.reshape(values, (n, self.outputs)).T

    def check(self, params: Params) -> None:
        """Tries the model on parameters, and says what is wrong with it.

        Raises:
            ValueError: a function that fails, or outputs of another shape, not real, or not finite.
        """
        values = np.asarray(self._tried(lambda: self.predictor(params)))
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            output, sample = bad[0].tolist()
            raise ValueError(
                f"the outputs of the model are not finite: {len(bad)} of {values.size}, the first of them output {output} of "
                f"sample {sample}; look for a logarithm or a division in the function, or start with smaller parameters"
            )

    def _values(self, params: Params) -> Array:
        params, inputs = jax.tree.map(jnp.asarray, params), jax.tree.map(jnp.asarray, self.inputs)
        if self.batched:
            return jnp.asarray(self.function(params, inputs))
        return jax.vmap(lambda x: jnp.asarray(self.function(params, x)))(inputs)

    def _tried(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (ValueError, TypeError, IndexError, KeyError, AttributeError, RuntimeError) as error:
            if "the outputs of the model" in str(error):
                raise
            shapes = jax.tree.map(lambda leaf: leaf.shape if self.batched else leaf.shape[1:], self.inputs)
            told = str(error).strip().split("\n")[0]
            raise ValueError(
                f"the function failed on {'all samples' if self.batched else 'a sample'} of shape {shapes} "
                f"({type(error).__name__}: {told:.200}); samples lie along the first axis of inputs, and the function is "
                "called as function(params, x) with nothing else"
            ) from error

    def _misfit(self, shape: tuple[int, ...]) -> str:
        n = self.shape[1]
        has = f"all {n} samples" if self.batched else "one sample"
        wanted = (f"({n},) or ({n}, {self.outputs})" if self.outputs == 1 else f"({n}, {self.outputs})") if self.batched else ""
        wanted = wanted or ("a number, or a vector of 1" if self.outputs == 1 else f"a vector of {self.outputs}")
        found = shape if self.batched else shape[1:]
        return (
            f"the outputs of the model for {has} must be {wanted}, they are of shape {found}; say outputs= for how many "
            "numbers there are, batched=True for a function of all samples at once"
        )


def _bare(function: Any) -> Any:
    return function.function if isinstance(function, Plain) else function


def _samples(inputs: Any) -> Any:
    if isinstance(inputs, list | tuple) and not any(hasattr(part, "shape") for part in inputs):
        inputs = np.asarray(inputs)
    samples = jax.tree.map(_numbers, inputs)
    leaves = jax.tree.leaves(samples)
    if not leaves or any(leaf.ndim == 0 for leaf in leaves) or len({len(leaf) for leaf in leaves}) != 1 or not len(leaves[0]):
        shapes = [leaf.shape for leaf in leaves]
        raise ValueError(f"inputs must hold the samples along the first axis, equally many in each array; got shapes {shapes}")
    return samples


def _numbers(leaf: Any) -> np.ndarray:
    array = np.asarray(leaf)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"inputs must be arrays of numbers, got one of type {array.dtype}")
    if array.dtype.kind != "f":
        return array
    if not np.isfinite(array).all():
        raise ValueError(f"inputs must be finite; {np.sum(~np.isfinite(array))} of their entries are not")
    return array.astype(np.float64)
