"""Two small real tables with text, dates, gaps and rare classes."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from sklearn.utils import Bunch

_FOLDER = Path(__file__).parent


def load_penguins(*, return_X_y: bool = False) -> Any:
    """Load the penguins of Palmer Station, Antarctica, as a pandas data frame.

    Penguins of three species, measured at their nests from 2007 to 2009 [1]_, in the
    raw form [2]_: numbers with gaps, text, a date that is text, identifiers, and
    columns that are the same in every row. The target is whether a penguin is male or
    female; the eleven for which this is not known are left out.

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    Bunch or tuple of (DataFrame, Series)
        ``data``, a data frame of 333 rows and 16 columns, lengths in mm, masses in g;
        ``target``, a series of "FEMALE" (165) and "MALE" (168); ``frame``, both; and
        ``DESCR``. With ``return_X_y``, ``(data, target)``.

    Raises
    ------
    ImportError
        If pandas is not installed.

    See Also
    --------
    load_seattle_weather : Five classes, two of them rare.

    Notes
    -----
    The file is part of skmlp; no network is needed. Its licence is CC0.

    References
    ----------
    .. [1] K. B. Gorman, T. D. Williams and W. R. Fraser, "Ecological sexual dimorphism
       and environmental variability within a community of Antarctic penguins (genus
       Pygoscelis)", PLoS ONE 9(3), e90081, 2014.
    .. [2] A. M. Horst, A. P. Hill and K. B. Gorman, "palmerpenguins: Palmer Archipelago
       (Antarctica) penguin data", R package, 2020.

    Examples
    --------
    >>> from skmlp.datasets import load_penguins
    >>> X, y = load_penguins(return_X_y=True)
    >>> X.shape
    (333, 16)
    >>> X["Date Egg"].iloc[0], y.iloc[0]
    ('2007-11-11', 'MALE')
    """
    frame = _read("penguins.csv").dropna(subset="Sex", ignore_index=True)
    return _bunch(frame, "Sex", "Penguins of Palmer Station, 2007 to 2009.", return_X_y)


def load_seattle_weather(*, return_X_y: bool = False) -> Any:
    """Load the weather of Seattle, day by day, as a pandas data frame.

    The kind of weather on each day of 2012 to 2015, and the measurements of that day
    [1]_. Two of the five kinds of weather are rare.

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    Bunch or tuple of (DataFrame, Series)
        ``data``, a data frame of 1461 rows: ``date`` (datetime), ``precipitation``
        (mm), ``temp_max`` and ``temp_min`` (degrees Celsius), ``wind`` (m/s);
        ``target``, a series of "sun" (714), "fog" (411), "rain" (259), "drizzle" (54)
        and "snow" (23); ``frame``, both; and ``DESCR``. With ``return_X_y``,
        ``(data, target)``.

    Raises
    ------
    ImportError
        If pandas is not installed.

    See Also
    --------
    load_penguins : A table with text and gaps.

    Notes
    -----
    The file is part of skmlp; no network is needed. It is in the public domain.

    References
    ----------
    .. [1] National Oceanic and Atmospheric Administration, daily summaries, from the
       package vega_datasets, https://github.com/vega/vega-datasets.

    Examples
    --------
    >>> from skmlp.datasets import load_seattle_weather
    >>> weather = load_seattle_weather()
    >>> weather.data.dtypes["date"].kind, len(weather.data)
    ('M', 1461)
    >>> weather.target.value_counts()["snow"]
    np.int64(23)
    """
    frame = _read("seattle_weather.csv", parse_dates=["date"])
    return _bunch(frame, "weather", "Weather of Seattle, 2012 to 2015.", return_X_y)


def _read(name: str, **parameters: Any) -> Any:
    """Read a file that lies beside this module."""
    try:
        pandas = import_module("pandas")
    except ImportError as error:
        raise ImportError(
            f"{name} is read by pandas, which is not installed. Install it: "
            "pip install pandas."
        ) from error
    return pandas.read_csv(_FOLDER / name, **parameters)


def _bunch(frame: Any, target: str, description: str, return_X_y: bool) -> Any:
    data, labels = frame.drop(columns=target), frame[target]
    if return_X_y:
        return data, labels
    return Bunch(data=data, target=labels, frame=frame, DESCR=description)
