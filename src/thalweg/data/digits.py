"""The digits of scikit-learn: 1797 handwritten digits of 8 by 8 grey values, which come with that package."""

import numpy as np

from thalweg.data.labelled import Labelled
from thalweg.data.source import DataMissing

GREATEST = 16.0
"""The greatest grey value: each counts the dark ones among 4 by 4 pixels."""


def load() -> Labelled:
    """The digits that scikit-learn brings along: no file and no connection is needed beside the package.

    They are the test part of UCI's Optical Recognition of Handwritten Digits (Alpaydin and Kaynak, 1998; CC BY 4.0), and
    come in the order of scikit-learn, which is not random.

    Returns:
        1797 examples: grey values from 0 to 1 (the published 0 to 16, divided by 16), row by row, as (1797, 64).

    Raises:
        DataMissing: scikit-learn is not installed; says which extra to install.

    Examples:
        >>> load()
        <Labelled: 1797 examples of 64 numbers in 10 classes>

    Reference:
        pedregosa2011scikit.
    """
    try:
        from sklearn.datasets import load_digits  # an extra: only here, so that all else works without it
    except ImportError as error:
        raise DataMissing(
            "the digits come with scikit-learn, which is not installed; install it by `pip install 'thalweg[sklearn]'`"
        ) from error
    values, labels = load_digits(return_X_y=True)
    return Labelled(np.asarray(values, dtype=np.float64) / GREATEST, np.asarray(labels, dtype=np.int64))
