package gen

const pythonHead = `"""Reads a table that galley wrote into pandas, with the right types."""

import json
import os
import sqlite3
from urllib.parse import quote

import numpy as np
import pandas as pd

`

const pythonRead = `

def read(path, where="", args=()):
    """Returns the rows of the table in the file at path as a DataFrame.

    where is SQL for a WHERE clause, and args are the values of its
    parameters. The file is opened for reading only, and nothing is left beside
    it. A time outside of what the installed pandas can hold raises an error.
    """
    select = _SELECT + (" WHERE " + where if where else "")
    before = _idle(path)
    rows = _rows(path, "&immutable=1" if before else "", select, args)
    if before and _idle(path) != before:  # somebody has begun to write
        rows = _rows(path, "", select, args)
    return _frame(list(zip(*rows)) if rows else [()] * len(DTYPES))


def _idle(path):
    """Tells the states of a file apart in which nobody has it open.

    SQLite leaves a -wal and a -shm beside a file that it reads with its locks,
    and needs to be able to: an idle file is read without.
    """
    if os.path.exists(path + "-wal") or os.path.exists(path + "-journal"):
        return None
    state = os.stat(path)
    return state.st_size, state.st_mtime_ns


def _rows(path, how, select, args):
    uri = "file:" + quote(os.path.abspath(path)) + "?mode=ro" + how
    connection = sqlite3.connect(uri, uri=True)
    try:
        return connection.execute(select, args).fetchall()
    finally:
        connection.close()
`

// pythonFunctions make a column of the values that SQLite gives.
var pythonFunctions = []struct{ name, text string }{
	{"_bools", `def _bools(values, dtype):
    return pd.array([None if v is None else v != 0 for v in values], dtype=dtype)
`},
	{"_integers", `def _integers(values, dtype):
    return pd.array(values, dtype=dtype)
`},
	{"_digits", `def _digits(values, dtype):
    return pd.array([None if v is None else int(v) for v in values], dtype=dtype)
`},
	{"_big_endian", `def _big_endian(values, dtype):
    numbers = [None if v is None else int.from_bytes(v, "big") for v in values]
    return pd.array(numbers, dtype=dtype)
`},
	{"_floats", `def _floats(values, dtype):
    return np.array(values, dtype=dtype)
`},
	{"_texts", `def _texts(values):
    texts = [v for v in values if v is not None]
    if 2 * len(set(texts)) <= len(texts):
        return pd.Categorical(values)
    return pd.array(values, dtype="string")
`},
	{"_times", `def _times(values, unit):
    missing = np.iinfo("int64").min  # which numpy takes for NaT
    numbers = np.array([missing if v is None else v for v in values], dtype="int64")
    return pd.DatetimeIndex(numbers.view("datetime64[" + unit + "]"), tz="UTC")
`},
	{"_timestamps", `def _timestamps(values):
    return pd.DatetimeIndex(
        [pd.NaT if v is None else pd.Timestamp(v).tz_convert("UTC") for v in values],
        tz="UTC",
    )
`},
	{"_durations", `def _durations(values):
    missing = np.iinfo("int64").min  # which numpy takes for NaT
    numbers = np.array([missing if v is None else v for v in values], dtype="int64")
    return numbers.view("timedelta64[ns]")
`},
	{"_vectors", `def _vectors(values, dtype):
    return _objects([None if v is None else np.frombuffer(v, dtype) for v in values])
`},
	{"_json", `def _json(values):
    return _objects([None if v is None else json.loads(v) for v in values])
`},
	{"_objects", `def _objects(values):
    objects = np.empty(len(values), dtype=object)
    for i, v in enumerate(values):
        objects[i] = v
    return objects
`},
}
