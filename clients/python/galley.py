"""Append rows to a galley spool, each batch exactly once, and read galley files.

A spool is a folder that many processes on many hosts append to, also on NFS or
Lustre, without a server and without locks::

    import galley

    sp = galley.Spool("/shared/study.spool")
    if not sp.done("aseg", key):
        sp.append_once("aseg", key, frame)  # a DataFrame, or a list of dicts

Each batch becomes one file, whose name is derived from the table and the key.
``galley collect study.db /shared/study.spool`` moves the batches into a database.
docs/spool.md specifies the files.

This module is one file and needs the standard library only. It uses pandas and
numpy if they are installed.

How values are stored
    bool, the integers by their width, float32 and float64, str, bytes,
    categories (as their values), times with a time zone (stored in UTC; a time
    without a zone is an error), time differences, JSON (dict and list), and
    1-dimensional float arrays (vectors). None, NA, NaT and NaN are missing values
    and are stored as NULL; a column that does not take NULL refuses them.

The columns of a table
    The first batch fixes them, or ``schema=`` does: a dict of column names and
    specs such as ``{"subject": "text", "age": "int16 null", "volume": "float64"}``.
    Columns that are taken from a frame accept NULL. A later frame that does not fit
    is an error that names the row, the column and the value. A value is converted
    only if it stays the same.
"""

from __future__ import annotations

import datetime as _dt
import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import struct
import sys
import tempfile
import time
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import quote

__all__ = ["Spool", "read", "Error", "SchemaError", "RowError", "HardLinkError"]
__version__ = "0.1.0"

Rows = Any  # a pandas.DataFrame, or an iterable of mappings
SchemaLike = Union[Mapping[str, str], Sequence[Tuple[str, str]]]


class Error(Exception):
    """The base of this module's errors."""


class SchemaError(Error, ValueError):
    """The columns of a table, a spec or a name cannot be used."""


class RowError(Error, ValueError):
    """A value that its column cannot store.

    Attributes: table, row (counted from 0), column, value, reason.
    """

    def __init__(self, table: str, row: int, column: str, value: Any, reason: str):
        super().__init__(table, row, column, value, reason)
        self.table, self.row, self.column, self.value, self.reason = table, row, column, value, reason

    def __str__(self) -> str:
        return f"table {self.table!r}, row {self.row}, column {self.column!r}, value {_short(self.value)}: {self.reason}"


class HardLinkError(Error, OSError):
    """The file system has no hard links, which a spool needs."""


# Columns

_INTEGERS = {
    "int8": (-(2**7), 2**7 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint8": (0, 2**8 - 1),
    "uint16": (0, 2**16 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**63 - 1),
}
_FLOATS = ("float32", "float64")
_VECTORS = {"vector32": ("f", 4), "vector64": ("d", 8)}
_TYPES = ("bool", *_INTEGERS, *_FLOATS, "text", "blob", "time", "duration", "json", *_VECTORS)
_UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}  # in nanoseconds
_WORD = re.compile(r'[^\s"]+(?:"(?:[^"\\]|\\.)*")?')


class _Column:
    """One column: its name, and what its spec says."""

    __slots__ = ("name", "type", "unit", "uint", "dim", "null", "nan", "key", "batch", "rest")

    def __init__(self, name: str, spec: str):
        if not isinstance(name, str) or not name or "\0" in name or name.lower() in ("rowid", "oid", "_rowid_"):
            raise SchemaError(f"{name!r} cannot be the name of a column")
        _utf8(name)
        self.name = name
        self.type, self.unit, self.uint, self.dim = "", "us", "", 0
        self.null = self.nan = self.key = self.batch = False
        self.rest: List[str] = []  # unique, index, default, check
        heads: List[str] = []
        for word in _WORD.findall(spec if isinstance(spec, str) else ""):
            head, _, value = word.partition("=")
            head = "unit" if word in _UNITS or word == "rfc3339" else head
            if head in heads:
                raise SchemaError(f"column {name!r}: the spec {spec!r} has {head} twice")
            heads.append(head)
            if not self.type and word in _TYPES:
                self.type = word
            elif head == "unit" and self.type == "time":
                self.unit = word
            elif head == "uint" and value in ("text", "blob"):
                self.uint = value
            elif head == "dim" and re.fullmatch("[1-9][0-9]{0,8}", value):
                self.dim = int(value)
            elif word in ("null", "key", "batch"):
                setattr(self, word, True)
            elif word == "nan=null":
                self.null = self.nan = True
            elif head in ("unique", "index", "default", "check") and _unquoted(value):
                self.rest.append(head + "=" + _quoted(value))
            else:
                raise SchemaError(f"column {name!r}: the spec {spec!r} cannot be read at {word!r}")
        if not self.type:
            raise SchemaError(f"column {name!r}: the spec {spec!r} does not begin with a type, which is one of " + ", ".join(_TYPES))
        order = ("unique", "index", "default", "check")
        self.rest.sort(key=lambda word: order.index(word.partition("=")[0]))

    @property
    def spec(self) -> str:
        """The spec as galley writes it."""
        words = [self.type]
        if self.type == "time":
            words.append(self.unit)
        if self.uint:
            words.append("uint=" + self.uint)
        if self.dim:
            words.append(f"dim={self.dim}")
        words += [w for w, on in (("null", self.null), ("nan=null", self.nan), ("key", self.key), ("batch", self.batch)) if on]
        return " ".join(words + self.rest)

    @property
    def sql(self) -> str:
        """The type in SQLite."""
        if self.type in _FLOATS:
            return "REAL"
        if self.type in ("text", "json") or self.uint == "text" or self.type == "time" and self.unit == "rfc3339":
            return "TEXT"
        if self.type == "blob" or self.type in _VECTORS or self.uint == "blob":
            return "BLOB"
        return "INTEGER"

    def words(self) -> List[Tuple[str, str]]:
        """What the spec says of unique, index, default and check, without quotes."""
        return [(head, _unquoted(value)) for head, _, value in (word.partition("=") for word in self.rest)]

    def misfit(self) -> str:
        """Why no table has such a column, and "" for one that a table has."""
        if self.key and self.null:
            return "a key cannot be NULL"
        if self.batch and (self.type != "text" or self.null or self.key):
            return "the key of the batch is a text that is neither NULL nor part of the table's key"
        if self.nan and self.type not in _FLOATS:
            return "only float32 and float64 have nan=null"
        if self.uint and self.type != "uint64":
            return "only uint64 has uint="
        if self.dim and (self.type not in _VECTORS or self.dim > 125_000_000):
            return "only vector32 and vector64 have dim=, of at most 125000000"
        for head, text in self.words():
            if not text.isprintable():
                return f"{head}= has a character that cannot be seen"
            if head == "check" and not _closed(text):
                return "check= has a quote or a parenthesis that is not closed, or one of \\ $ [ ] ; -- /* outside quotes"
            if head == "default" and not self._takes(text):
                return f"default= is not a literal of SQL for {self.sql}, such as 1, 0.5, 'text' or NULL"
        return ""

    def _takes(self, text: str) -> bool:
        """Reports whether a literal of SQL is one of the column's values."""
        word, text_in_quotes = text.upper(), re.fullmatch("'((?:[^']|'')*)'", text)
        if word == "NULL":
            return self.null
        if self.type in _VECTORS:
            return False
        if self.type == "bool":
            return word in ("TRUE", "FALSE", "1", "0")
        if self.type in _FLOATS:
            number = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text)
            return bool(number) and abs(float(text)) <= (3.4e38 if self.type == "float32" else sys.float_info.max)
        if self.sql == "INTEGER":
            low, high = _INTEGERS.get(self.type, _INTEGERS["int64"])
            return bool(re.fullmatch("[+-]?[0-9]{1,19}", text)) and low <= int(text) <= high
        if self.sql == "BLOB":
            return bool(re.fullmatch("[xX]'([0-9a-fA-F]{16})'" if self.uint else "[xX]'([0-9a-fA-F]{2})*'", text))
        if not text_in_quotes:
            return False
        inner = text_in_quotes.group(1).replace("''", "'")
        try:
            if self.type == "json":
                json.loads(inner, parse_constant=_no_number)
            elif self.type == "time":
                _dt.datetime.strptime(inner[:19], "%Y-%m-%dT%H:%M:%S")
                return bool(re.fullmatch(r"[-0-9]{10}T[:0-9]{8}\.[0-9]{9}Z", inner))
            elif self.uint:
                return bool(re.fullmatch("[0-9]{20}", inner)) and int(inner) < 2**64
        except ValueError:
            return False
        return True


def _no_number(name: str) -> None:
    """Refuses NaN and infinities, which only Python has in JSON."""
    raise ValueError(name)


def _closed(expression: str) -> bool:
    """Reports whether SQL stays within the parentheses that it is put into."""
    outside, depth = re.sub("'[^']*'|\"[^\"]*\"|`[^`]*`", " ", expression), 0
    if "\\" in expression or re.search(r"['\"`\[\]$;]|--|/\*", outside):
        return False
    for char in outside:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return depth == 0


def _unquoted(value: str) -> str:
    """The value of a word of a spec, without quotes."""
    return re.sub(r'\\(["\\])', r"\1", value[1:-1]) if value.startswith('"') else value


def _quoted(value: str) -> str:
    """The value of a word of a spec, with quotes where galley writes them."""
    if value.startswith('"') and re.search(r'\\[^"\\]', value.replace("\\\\", "")):
        return value  # galley wrote it: it has characters that cannot be seen
    text = _unquoted(value)
    if re.fullmatch("[A-Za-z0-9_]+", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _check_new(table: str, columns: Sequence[_Column], new: Sequence[_Column]) -> None:
    """Raises SchemaError for new columns with which a table cannot be created: collect
    would set every batch aside."""
    if len(columns) > 2000:
        raise SchemaError(f"table {table!r} has {len(columns)} columns; a table has at most 2000")
    if sum(c.batch for c in columns) > 1:
        raise SchemaError(f"table {table!r} has two columns for the key of the batch")
    parts, checks = [], []
    for c in columns:
        reason = c.misfit() if c in new else ""
        if reason:
            raise SchemaError(f"table {table!r}: column {c.name!r}: the spec {c.spec!r} is not valid: {reason}")
        part = f"{_quote(c.name)} {c.sql}"
        for head, text in c.words():
            if head == "default":
                part += f" DEFAULT {text}"
            elif head == "check" and c in new:
                checks.append(f"CHECK ({text})")
        parts.append(part)
    db = sqlite3.connect(":memory:")
    try:
        db.execute(f"CREATE TABLE {_quote(table)} ({', '.join(parts + checks)})")
    except sqlite3.Error as e:
        raise SchemaError(f"table {table!r} cannot be created: {e}") from None
    finally:
        db.close()


def _columns(schema: SchemaLike) -> List[_Column]:
    pairs = schema.items() if isinstance(schema, Mapping) else schema
    columns = [_Column(name, spec) for name, spec in pairs]
    if not columns:
        raise SchemaError("a table has at least one column")
    seen: Dict[str, str] = {}
    for c in columns:
        other = seen.setdefault(c.name.lower(), c.name)
        if other is not c.name:
            raise SchemaError(f"columns {other!r} and {c.name!r} have the same name; SQLite does not distinguish upper and lower case")
    return columns


def _create(table: str, columns: Sequence[_Column]) -> str:
    inside = ", ".join(_quote(c.name) + " " + c.sql + ("" if c.null else " NOT NULL") for c in columns)
    return f"CREATE TABLE {_quote(table)} ({inside})"


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _utf8(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise SchemaError(f"{text!r} is not valid text") from None


def _check_table(table: str) -> None:
    if not isinstance(table, str) or not table or "\0" in table or table.lower().startswith(("sqlite_", "galley_")):
        raise SchemaError(f"{table!r} cannot be the name of a table")
    _utf8(table)


def _check_key(key: str) -> None:
    if not isinstance(key, str):
        raise SchemaError(f"a key is a str, not {type(key).__name__}: {_short(key)}")
    _utf8(key)
    if not key or "\0" in key or len(key.encode()) > 1024:
        raise SchemaError(f"{_short(key)} cannot be a key: a key has 1 to 1024 bytes and no NUL")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


# Values, one at a time. A converter returns what SQLite stores, or raises
# ValueError with the reason.

_EPOCH = _dt.datetime(1970, 1, 1, tzinfo=_dt.timezone.utc)


def _missing(v: Any) -> bool:
    """Reports whether v is None, NaN, NA or NaT."""
    if v is None:
        return True
    if isinstance(v, float):
        return v != v
    name = type(v).__name__
    if name in ("NAType", "NaTType"):
        return True
    if name in ("float16", "float32", "longdouble", "datetime64", "timedelta64"):
        return bool(v != v)
    return False


def _plain(v: Any) -> Any:
    """A scalar of numpy as Python's."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(v, numpy.generic) and not isinstance(v, (numpy.datetime64, numpy.timedelta64)):
        return v.item()
    return v


def _to_bool(c: _Column, v: Any) -> int:
    v = _plain(v)
    if not isinstance(v, bool):
        raise ValueError(f"not a bool but {type(v).__name__}")
    return int(v)


def _to_int(c: _Column, v: Any) -> Any:
    v = _plain(v)
    if isinstance(v, float) and v.is_integer():  # what pandas makes of integers beside missing values
        v = int(v)
    if isinstance(v, bool) or not isinstance(v, int):
        raise ValueError(f"not an integer but {type(v).__name__}")
    low, high = _INTEGERS[c.type]
    if c.uint:
        high = 2**64 - 1
    if not low <= v <= high:
        hint = '; "uint64 uint=text" stores it' if c.type == "uint64" and v > 0 else ""
        raise ValueError(f"outside of the range of {c.type}{hint}")
    if c.uint == "text":
        return "%020d" % v
    return v.to_bytes(8, "big") if c.uint == "blob" else v


def _to_float(c: _Column, v: Any) -> float:
    v = _plain(v)
    if isinstance(v, bool) or not isinstance(v, (int, float)):
        raise ValueError(f"not a number but {type(v).__name__}")
    try:
        x = float(v)
        if x not in (float("inf"), float("-inf")) and int(x) != int(v):
            raise OverflowError
        if c.type == "float32" and struct.unpack("<f", struct.pack("<f", x))[0] != x:
            raise ValueError("not exactly a float32; round it first, or use float64")
    except OverflowError:
        raise ValueError(f"does not fit {c.type}") from None
    return x


def _to_text(c: _Column, v: Any) -> str:
    if not isinstance(v, str):
        raise ValueError(f"not a str but {type(v).__name__}")
    if "\0" in v:
        raise ValueError("text with a NUL in it")
    try:
        v.encode()
    except UnicodeEncodeError as e:
        raise ValueError(f"not valid text: {e.reason}") from None
    return str.__str__(v)  # of a member of an Enum, its value


def _to_blob(c: _Column, v: Any) -> bytes:
    v = _plain(v)
    if not isinstance(v, (bytes, bytearray, memoryview)):
        raise ValueError(f"not bytes but {type(v).__name__}")
    return bytes(v)


def _to_time(c: _Column, v: Any) -> Any:
    if not isinstance(v, _dt.datetime):
        if type(v).__name__ == "datetime64":
            raise ValueError("a time without a time zone; give it one, such as UTC")
        raise ValueError(f"not a time but {type(v).__name__}")
    if v.tzinfo is None or v.utcoffset() is None:
        raise ValueError('a time without a time zone; give it one, for example with tz_localize("UTC")')
    try:
        delta = v.astimezone(_dt.timezone.utc) - _EPOCH
    except OverflowError:
        raise ValueError("outside of the years 1 to 9999 in UTC") from None
    # The nanoseconds of a pandas.Timestamp are below what Python's times have.
    nanos = ((delta.days * 86400 + delta.seconds) * 10**6 + delta.microseconds) * 1000 + getattr(v, "nanosecond", 0)
    if c.unit == "rfc3339":
        seconds, rest = divmod(nanos, 10**9)
        return (_EPOCH + _dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S").zfill(19) + ".%09dZ" % rest
    units, rest = divmod(nanos, _UNITS[c.unit])
    if rest:
        raise ValueError(f"has more digits than the column, which is in {c.unit}; round it first, for example with .dt.floor, or use a finer unit, such as time ns")
    return _fits(units)


def _to_duration(c: _Column, v: Any) -> int:
    if type(v).__name__ == "timedelta64":
        return _fits(int(v.astype("timedelta64[ns]").astype("int64")))
    if not isinstance(v, _dt.timedelta):
        raise ValueError(f"not a time difference but {type(v).__name__}")
    if hasattr(v, "value"):  # a pandas.Timedelta
        return _fits(int(v.asm8.astype("timedelta64[ns]").astype("int64")))
    return _fits(((v.days * 86400 + v.seconds) * 10**6 + v.microseconds) * 1000)


def _fits(n: int) -> int:
    if not -(2**63) <= n < 2**63:
        raise ValueError("outside of the range of 64 bits")
    return n


def _to_json(c: _Column, v: Any) -> str:
    try:
        text = json.dumps(v, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, RecursionError) as e:
        raise ValueError(str(e)) from None
    _check_names(v)
    return _to_text(c, text)


def _check_names(v: Any) -> None:
    """Refuses a dict with a key that JSON would make a text of: 1 and "1" are one there."""
    if isinstance(v, dict):
        for name in v:
            if not isinstance(name, str):
                raise ValueError(f"a key of JSON is a str, not {type(name).__name__}: {_short(name)}")
        v = v.values()
    elif not isinstance(v, (list, tuple)):
        return
    for inner in v:
        _check_names(inner)


def _to_vector(c: _Column, v: Any) -> bytes:
    if hasattr(v, "tolist"):
        v = v.tolist()
    if not isinstance(v, (list, tuple)):
        raise ValueError(f"not a list of numbers but {type(v).__name__}")
    if c.dim and len(v) != c.dim:
        raise ValueError(f"{len(v)} numbers, want {c.dim}")
    element = _Column("element", "float32" if c.type == "vector32" else "float64")
    numbers = [float("nan") if isinstance(x, float) and x != x else _to_float(element, x) for x in v]
    return struct.pack("<%d%s" % (len(v), _VECTORS[c.type][0]), *numbers)


_TO: Dict[str, Callable[[_Column, Any], Any]] = {
    "bool": _to_bool,
    **{name: _to_int for name in _INTEGERS},
    **{name: _to_float for name in _FLOATS},
    "text": _to_text,
    "blob": _to_blob,
    "time": _to_time,
    "duration": _to_duration,
    "json": _to_json,
    **{name: _to_vector for name in _VECTORS},
}


def _convert(table: str, c: _Column, values: Iterable[Any]) -> List[Any]:
    """The values of a column as SQLite stores them."""
    to, out = _TO[c.type], []
    for i, v in enumerate(values):
        if _missing(v):
            if not c.null:
                raise RowError(table, i, c.name, v, f"missing, and the column does not take NULL; its spec is {c.spec!r}")
            out.append(None)
            continue
        try:
            out.append(to(c, v))
        except ValueError as e:
            raise RowError(table, i, c.name, v, str(e)) from None
    return out


# Values of a frame, a column at a time where numpy has them as they are.


def _convert_series(table: str, c: _Column, series: Any) -> List[Any]:
    dtype = series.dtype
    kind = getattr(dtype, "kind", "O")
    if type(dtype).__module__.startswith("numpy"):
        array = series.to_numpy()
        if c.type == "float64" and kind == "f" and dtype.itemsize <= 8:
            bad = array != array
            if not bad.any():
                return array.astype("float64").tolist()
            if c.null:
                return [None if x != x else x for x in array.astype("float64").tolist()]
        elif c.type in _INTEGERS and not c.uint and kind in "iu" and len(array):
            low, high = _INTEGERS[c.type]
            if low <= int(array.min()) and int(array.max()) <= high:
                return array.tolist()
        elif c.type == "bool" and kind == "b":
            return array.astype("int8").tolist()
        elif c.type == "duration" and kind == "m" and str(dtype) == "timedelta64[ns]" and c.null:
            return [None if n == -(2**63) else n for n in array.view("int64").tolist()]
    return _convert(table, c, series)


# The columns of rows that come without a schema.

_BY_DTYPE = {
    "bool": "bool null",
    "boolean": "bool null",
    **{name: name + " null" for name in _INTEGERS},
    **{name[0].upper() + name[1:]: name + " null" for name in _INTEGERS if name[0] == "i"},
    **{"UInt" + name[4:]: name + " null" for name in _INTEGERS if name[0] == "u"},
    "float16": "float32 null nan=null",
    "float32": "float32 null nan=null",
    "float64": "float64 null nan=null",
    "Float32": "float32 null nan=null",
    "Float64": "float64 null nan=null",
    "timedelta64[ns]": "duration null",
}


def _infer(table: str, name: str, values: Any) -> str:
    """The spec of a column."""
    dtype = getattr(values, "dtype", None)
    text = str(dtype)
    if text in _BY_DTYPE:
        return _BY_DTYPE[text]
    if text.startswith("datetime64"):
        unit = text[11:].split(",")[0].rstrip("]")
        if "," not in text:
            raise SchemaError(f'table {table!r}: column {name!r} holds times without a time zone; give them one, for example with .dt.tz_localize("UTC")')
        return f"time {unit} null"
    specs: Dict[str, Any] = {}
    for i, v in enumerate(values):
        if not _missing(v):
            spec = _infer_value(v)
            if not spec:
                raise RowError(table, i, name, v, f"{type(v).__name__} has no column type; convert it, or choose a type with schema=")
            specs.setdefault(spec, (i, v))
    if not specs:
        raise SchemaError(f"table {table!r}: column {name!r} has no values to take a type from; choose one with schema={{...}}")
    if set(specs) == {"int64", "float64"}:
        specs.pop("int64")
    if len(specs) > 1:
        (_, _), (_, (i, v)) = list(specs.items())[:2]
        raise RowError(table, i, name, v, f"the column holds {' and '.join(specs)}; convert it to one of them")
    (spec,) = specs
    return spec + (" null nan=null" if spec in _FLOATS else " null")


def _infer_value(v: Any) -> str:
    if type(v).__name__ == "ndarray" and v.ndim == 1 and v.dtype.name in _FLOATS:
        return "vector" + v.dtype.name[5:]
    v = _plain(v)
    for kinds, spec in (
        (bool, "bool"),
        (int, "int64"),
        (float, "float64"),
        (str, "text"),
        ((bytes, bytearray, memoryview), "blob"),
        (_dt.datetime, "time us"),
        (_dt.timedelta, "duration"),
        ((dict, list), "json"),
    ):
        if isinstance(v, kinds):
            return spec
    return ""


class _Data:
    """Rows by columns."""

    def __init__(self, table: str, rows: Rows):
        self.table, self.frame, self.values = table, None, {}
        if hasattr(rows, "columns") and hasattr(rows, "dtypes"):
            self.frame, self.count = rows, len(rows)
            self.names = list(rows.columns)
            index = rows.index
            if any(name is not None for name in index.names):
                raise SchemaError(f"table {table!r}: the frame has the index {list(index.names)}, which is not stored; call reset_index() first")
            if len(index) and getattr(index.dtype, "kind", "O") not in "iu":  # row numbers are left by filters and sorting
                raise SchemaError(f"table {table!r}: the frame has an index such as {_short(index[0])}, which is not stored; call reset_index() first")
        else:
            if isinstance(rows, (str, bytes, Mapping)):
                raise SchemaError(f"table {table!r}: rows are a DataFrame or a list of dicts, not {type(rows).__name__}")
            rows = list(rows)
            names: Dict[str, None] = {}
            for row in rows:
                if not isinstance(row, Mapping):
                    raise SchemaError(f"table {table!r}: a row is a dict, not {type(row).__name__}: {_short(row)}")
                names.update(dict.fromkeys(row))
            self.names, self.count = list(names), len(rows)
            self.values = {name: [row.get(name) for row in rows] for name in names}
        for i, name in enumerate(self.names):
            if not isinstance(name, str):
                raise SchemaError(f"table {table!r}: the name of column {i} is {name!r}; a name is a str")
        if len(set(self.names)) != len(self.names):
            raise SchemaError(f"table {table!r}: two columns have the same name among {self.names}")

    def schema(self, known: Iterable[str] = ()) -> List[_Column]:
        """The columns of the rows that are not known, each of which takes NULL."""
        return [_Column(name, _infer(self.table, name, self.column(name))) for name in self.names if name not in set(known)]

    def column(self, name: str) -> Any:
        return self.values[name] if self.frame is None else self.frame[name]

    def convert(self, columns: Sequence[_Column], key: str) -> List[Tuple[Any, ...]]:
        """The rows as SQLite stores them."""
        unknown = [name for name in self.names if name not in {c.name for c in columns}]
        if unknown:
            raise SchemaError(f"table {self.table!r} has no column {', '.join(map(repr, unknown))}; drop it, or pass evolve=True to add it")
        out = []
        for c in columns:
            if c.batch:
                out.append([key] * self.count)
            elif c.name in self.names and self.frame is not None:
                out.append(_convert_series(self.table, c, self.frame[c.name]))
            elif c.name in self.names:
                out.append(_convert(self.table, c, self.values[c.name]))
            elif c.null or self.count == 0:
                out.append([None] * self.count)
            else:
                raise SchemaError(f"table {self.table!r}: column {c.name!r} is missing, and it does not take NULL")
        return list(zip(*out)) if self.count else []


# Batch files

_APPLICATION_ID = 0x67616C62
_FORMAT = 1
_LEDGER = (
    'CREATE TABLE galley_columns ("table" TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, spec TEXT NOT NULL)',
    'CREATE TABLE galley_batches ("table" TEXT NOT NULL, key TEXT NOT NULL, rows INTEGER NOT NULL, at INTEGER NOT NULL)',
)


def _batch(table: str, key: str, columns: Sequence[_Column], rows: Sequence[Tuple[Any, ...]], in_memory: bool = True) -> bytes:
    """The content of a batch file."""
    folder = ""
    if not in_memory or not hasattr(sqlite3.Connection, "serialize"):  # before Python 3.11
        folder = tempfile.mkdtemp(prefix="galley-")
    path = os.path.join(folder, "batch") if folder else ":memory:"
    try:
        db = sqlite3.connect(path, isolation_level=None)
        try:
            if folder:
                db.execute("PRAGMA journal_mode=OFF")
                db.execute("PRAGMA synchronous=OFF")
            db.execute(f"PRAGMA application_id={_APPLICATION_ID}")
            db.execute(f"PRAGMA user_version={_FORMAT}")
            db.execute("BEGIN")
            for sql in (_create(table, columns), *_LEDGER):
                db.execute(sql)
            marks = ",".join("?" * len(columns))
            db.executemany(f"INSERT INTO {_quote(table)} VALUES ({marks})", rows)
            db.executemany("INSERT INTO galley_columns VALUES (?,?,?,?)", [(table, i, c.name, c.spec) for i, c in enumerate(columns)])
            db.execute("INSERT INTO galley_batches VALUES (?,?,?,?)", (table, key, len(rows), time.time_ns() // 1000))
            db.execute("COMMIT")
            if not folder:
                content = db.serialize()
        finally:
            db.close()
        if folder:
            with open(path, "rb") as f:
                content = f.read()
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    return content + b"sha256 " + hashlib.sha256(content).hexdigest().encode() + b"\n"


def _name(table: str, key: str) -> str:
    return hashlib.sha256(table.encode() + b"\0" + key.encode()).hexdigest()[:32]


def _folder(table: str) -> str:
    name = "".join(chr(b) if chr(b).isalnum() and b < 128 or chr(b) in "_-" else "%%%02X" % b for b in table.encode())
    if len(name) > 200:
        raise SchemaError(f"the name of table {_short(table)} is too long for a folder")
    return name


# Folders and files of a spool


def _sync_folder(path: str) -> None:
    if os.name == "nt":  # which cannot, and keeps its names by itself
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as e:
        if e.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(fd)


class Spool:
    """A folder that any number of processes append batches to.

    A Spool can be pickled and used in other processes and threads. It holds no
    file open.
    """

    def __init__(self, path: Union[str, "os.PathLike[str]"], *, create: bool = True):
        """Opens the spool in the folder path, and creates it unless create is False.

        The files get the permissions of the folder: to let others of your group
        append and collect, create the folder with mkdir -m 2770 first.
        """
        self.path = os.path.abspath(os.fspath(path))
        self._schemas: Dict[str, Tuple[int, List[_Column]]] = {}
        marker = os.path.join(self.path, "galley-spool")
        try:
            self._marked(marker)
            return
        except FileNotFoundError:
            if not create:
                raise SchemaError(f"{self.path} is not a spool: it has no file galley-spool") from None
        try:
            os.mkdir(self.path, 0o700)
            _sync_folder(os.path.dirname(self.path))
        except FileExistsError:
            pass
        others = [n for n in os.listdir(self.path) if not n.startswith(".")]
        if others and "galley-spool" not in others:
            raise SchemaError(f"{self.path} is not a spool, and it is not empty; choose a new folder")
        self._publish(self.path, "galley-spool", b"1\n")
        self._marked(marker)

    @staticmethod
    def _marked(marker: str) -> None:
        with open(marker, "rb") as f:
            version = f.read(16)
        if version != b"1\n":
            raise SchemaError(f"{marker} says format {version!r}, and this module writes format 1; install a newer one")

    def __repr__(self) -> str:
        return f"Spool({self.path!r})"

    def __getstate__(self) -> Dict[str, Any]:
        return {"path": self.path}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self.path, self._schemas = state["path"], {}

    def done(self, table: str, key: str) -> bool:
        """Reports whether the batch of this key is stored, collected or not.

        On a network file system, a batch that another host stored within the last
        minute may be reported as not done. append_once decides.
        """
        _check_table(table)
        _check_key(key)
        return self._done(os.path.join(self._table(table), _name(table, key)[:2]), _name(table, key))

    def missing(self, table: str, keys: Iterable[str]) -> List[str]:
        """Returns those of the keys that are not done, in their order."""
        return [key for key in keys if not self.done(table, key)]

    def append_once(self, table: str, key: str, rows: Rows, *, schema: Optional[SchemaLike] = None, evolve: bool = False) -> bool:
        """Stores rows as the batch of this key, once.

        rows are a DataFrame or a list of dicts. Returns True when this call stored
        them, and False when the key was stored before; then rows are not compared.
        When it returns, the batch is on disk. When it raises, nothing is stored.

        schema fixes the table's columns, where the first batch does not; evolve
        lets this batch add columns that take NULL.
        """
        _check_table(table)
        _check_key(key)
        name = _name(table, key)
        folder = os.path.join(self._table(table), name[:2])
        if self._done(folder, name):
            return False
        data = _Data(table, rows)
        columns = self._agree(table, key, data, schema, evolve)
        content = _batch(table, key, columns, data.convert(columns, key))
        try:
            return self._publish(folder, name + ".batch", content)
        except FileNotFoundError:
            self._mkdir(folder)
            return self._publish(folder, name + ".batch", content)

    def schema(self, table: str) -> Optional[Dict[str, str]]:
        """Returns the columns of a table and their specs, None where it has none yet."""
        _check_table(table)
        _, columns = self._latest(table)
        return {c.name: c.spec for c in columns} if columns else None

    def _table(self, table: str) -> str:
        return os.path.join(self.path, "tables", _folder(table))

    def _done(self, folder: str, name: str) -> bool:
        # The folder is read: a name that was looked up in vain stays absent for a
        # while on NFS. A batch is listed as collected before its file is removed,
        # so the list comes second.
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return False
        if name + ".batch" in names:
            return True
        begin = b'["' + name.encode() + b'"'
        for listed in names:
            if listed.startswith("collected-"):
                with open(os.path.join(folder, listed), "rb") as f:
                    lines = f.read().split(b"\n")
                if any(line.startswith(begin) for line in lines[:-1]):  # the last is cut off or empty
                    return True
        return False

    def _agree(self, table: str, key: str, data: _Data, schema: Optional[SchemaLike], evolve: bool) -> List[_Column]:
        """The columns of a batch, after the table's were fixed or compared."""
        wanted = _columns(schema) if schema is not None else None
        while True:
            number, have = self._schemas.get(table) or self._latest(table)
            if have and self._fits(table, have, wanted, data, evolve):
                self._schemas[table] = (number, have)
                return have
            if have and table in self._schemas:  # perhaps it has changed
                del self._schemas[table]
                continue
            known = {c.name for c in have}
            new = data.schema(known) if wanted is None else [c for c in wanted if c.name not in known]
            columns = _columns([(c.name, c.spec) for c in have + new])
            _check_new(table, columns, columns[len(have) :])
            data.convert(columns, key)  # a batch that fails fixes no columns
            self._write_schema(table, number + 1, columns)  # or another process did

    def _fits(self, table: str, have: List[_Column], wanted: Optional[List[_Column]], data: _Data, evolve: bool) -> bool:
        """Reports False where columns have to be added, and raises where they must not."""
        by_name = {c.name: c for c in have}
        for c in wanted or ():
            if c.name in by_name and by_name[c.name].spec != c.spec:
                raise SchemaError(f"table {table!r}: column {c.name!r} is {by_name[c.name].spec!r}, and schema= says {c.spec!r}")
        names = [c.name for c in wanted] if wanted else data.names
        new = [name for name in names if name not in by_name]
        if not new:
            return True
        if table in self._schemas:
            return False  # look again
        if not evolve:
            raise SchemaError(f"table {table!r} has no column {', '.join(map(repr, new))}; drop it, or pass evolve=True to add it")
        for c in wanted or ():
            if c.name in new and not c.null:
                raise SchemaError(f"table {table!r}: the new column {c.name!r} must take NULL, for the rows that are stored without it")
        return False

    def _latest(self, table: str) -> Tuple[int, List[_Column]]:
        folder = self._table(table)
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return 0, []
        numbers = [int(m.group(1)) for m in (re.fullmatch(r"schema-([1-9][0-9]{0,8})\.json", n) for n in names) if m]
        if not numbers:
            return 0, []
        path = os.path.join(folder, f"schema-{max(numbers)}.json")
        with open(path, encoding="utf-8") as f:
            said = json.load(f)
        if said.get("table") != table:
            raise SchemaError(f"{path} belongs to table {said.get('table')!r}, not to {table!r}")
        return max(numbers), _columns([(name, spec) for name, spec in said["columns"]])

    def _write_schema(self, table: str, number: int, columns: List[_Column]) -> None:
        folder = self._table(table)
        if number == 1:
            self._mkdir(*(os.path.join(folder, "%02x" % i) for i in range(256)))
        said = {"table": table, "columns": [[c.name, c.spec] for c in columns]}
        self._publish(folder, f"schema-{number}.json", json.dumps(said).encode() + b"\n")

    def _mkdir(self, *folders: str) -> None:
        """Creates folders of one table, durably."""
        mode = os.stat(self.path).st_mode & 0o7777
        above = os.path.dirname(folders[0])
        for folder in (os.path.dirname(above), above, *folders):
            try:
                os.mkdir(folder)
                try:
                    os.chmod(folder, mode)
                except OSError:
                    pass  # a file system without permissions
            except FileExistsError:
                pass
        for folder in (above, os.path.dirname(above), self.path):
            _sync_folder(folder)

    def _publish(self, folder: str, name: str, content: bytes) -> bool:
        """Gives content a name, once. Reports whether this call did."""
        temporary = os.path.join(folder, ".tmp-" + secrets.token_hex(8))
        final = os.path.join(folder, name)
        mode = os.stat(self.path).st_mode & 0o666
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        try:
            with os.fdopen(fd, "wb") as f:
                try:
                    os.chmod(temporary, mode)  # whatever the umask says
                except OSError:
                    pass
                f.write(content)
                f.flush()
                os.fsync(f.fileno())
            won = self._link(temporary, final)
        finally:
            try:
                os.unlink(temporary)
            except FileNotFoundError:
                pass
        _sync_folder(folder)
        return won

    @staticmethod
    def _link(temporary: str, final: str) -> bool:
        try:
            os.link(temporary, final)
            return True
        except OSError as e:
            # The name decides, not the error: sshfs says EPERM where the name is
            # taken, and NFS may say EEXIST for a link of our own whose reply was lost.
            if os.path.basename(final) not in os.listdir(os.path.dirname(final)):
                if e.errno in (errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK):
                    raise HardLinkError(
                        e.errno, f"{os.path.dirname(final)}: the file system has no hard links, which a spool needs; use a folder on another one"
                    ) from e
                raise
            try:
                return os.path.samefile(temporary, final)
            except FileNotFoundError:
                return False  # collected already


# Reading


def read(path: Union[str, "os.PathLike[str]"], table: str) -> Any:
    """Returns the rows of a table as a DataFrame, or as a list of dicts without pandas.

    The times and time differences of a list of dicts are rounded down to microseconds,
    as Python's have no more digits.

    path is a file of galley's, a batch file, or a spool, of which the batches that
    are not collected are read.
    """
    path = os.fspath(path)
    _check_table(table)
    if not os.path.isdir(path):
        columns, rows = _select(path, table)
        return _result(columns, rows)
    if not os.path.exists(os.path.join(path, "galley-spool")):
        raise SchemaError(f"{path} is a folder and not a spool")
    columns: List[_Column] = []
    parts: List[Tuple[List[str], List[Tuple[Any, ...]]]] = []
    for file in _batches(os.path.join(path, "tables", _folder(table))):
        try:
            its, rows = _select(file, table)
        except sqlite3.OperationalError:
            if os.path.exists(file):
                raise
            continue  # collected meanwhile
        known = {c.name for c in columns}
        columns += [c for c in its if c.name not in known]
        parts.append(([c.name for c in its], rows))
    if not columns:
        raise SchemaError(f"{path} has no batches of table {table!r}")
    merged: List[Tuple[Any, ...]] = []
    for names, rows in parts:
        at = [names.index(c.name) if c.name in names else None for c in columns]
        merged += [tuple(None if i is None else row[i] for i in at) for row in rows]
    return _result(columns, merged)


def _batches(folder: str) -> Iterator[str]:
    for shard in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        if len(shard) == 2:
            for name in sorted(os.listdir(os.path.join(folder, shard))):
                if name.endswith(".batch"):
                    yield os.path.join(folder, shard, name)


def _select(path: str, table: str) -> Tuple[List[_Column], List[Tuple[Any, ...]]]:
    # SQLite leaves files beside a database that it reads with locks. An idle
    # database, and a batch file always, is read without.
    idle = _idle(path)
    found = _query(path, table, "&immutable=1" if idle else "")
    if idle and _idle(path) != idle:  # another process has begun to write
        found = _query(path, table, "")
    return found


def _idle(path: str) -> Any:
    if os.path.exists(path + "-wal") or os.path.exists(path + "-journal"):
        return None
    state = os.stat(path)
    return state.st_size, state.st_mtime_ns


def _query(path: str, table: str, how: str) -> Tuple[List[_Column], List[Tuple[Any, ...]]]:
    db = sqlite3.connect("file:" + quote(os.path.abspath(path)) + "?mode=ro" + how, uri=True)
    try:
        specs = db.execute('SELECT name, spec FROM galley_columns WHERE "table" = ? ORDER BY position', (table,)).fetchall()
        if not specs:
            raise SchemaError(f"{path} has no table {table!r}")
        columns = _columns(specs)
        names = ", ".join(_quote(c.name) for c in columns)
        return columns, db.execute(f"SELECT {names} FROM {_quote(table)} ORDER BY rowid").fetchall()
    finally:
        db.close()


def _result(columns: List[_Column], rows: List[Tuple[Any, ...]]) -> Any:
    by_column = list(zip(*rows)) if rows else [()] * len(columns)
    try:
        import numpy
        import pandas
    except ImportError:
        plain = [[None if v is None else _from(c, v) for v in values] for c, values in zip(columns, by_column)]
        return [dict(zip([c.name for c in columns], row)) for row in zip(*plain)]
    return pandas.DataFrame({c.name: _array(c, values, numpy, pandas) for c, values in zip(columns, by_column)})


def _from(c: _Column, v: Any) -> Any:
    """A stored value as one of Python's."""
    if c.type == "bool":
        return v != 0
    if c.uint == "text":
        return int(v)
    if c.uint == "blob":
        return int.from_bytes(v, "big")
    if c.type == "time":
        if c.unit == "rfc3339":
            v = int((_dt.datetime.strptime(v[:19] + "+0000", "%Y-%m-%dT%H:%M:%S%z") - _EPOCH).total_seconds()) * 10**6 + int(v[20:26])
        else:
            v = v * _UNITS[c.unit] // 1000
        return _EPOCH + _dt.timedelta(microseconds=v)
    if c.type == "duration":
        return _dt.timedelta(microseconds=v // 1000)
    if c.type == "json":
        return json.loads(v)
    if c.type in _VECTORS:
        code, size = _VECTORS[c.type]
        return list(struct.unpack("<%d%s" % (len(v) // size, code), v))
    return v


def _array(c: _Column, values: Sequence[Any], numpy: Any, pandas: Any) -> Any:
    """A column of a DataFrame."""
    lowest = numpy.iinfo("int64").min  # which numpy takes for NaT
    if c.type == "bool":
        return pandas.array([None if v is None else v != 0 for v in values], dtype="boolean" if c.null else "bool")
    if c.type in _INTEGERS:
        numbers = [None if v is None else _from(c, v) for v in values]
        return pandas.array(numbers, dtype=c.type.replace("uint", "UInt").replace("int", "Int") if c.null else c.type)
    if c.type in _FLOATS:
        return numpy.array(values, dtype=c.type)
    if c.type == "text":
        texts = [v for v in values if v is not None]
        if 2 * len(set(texts)) <= len(texts):
            return pandas.Categorical(values)
        return pandas.array(values, dtype="string")
    if c.type == "time" and c.unit == "rfc3339":
        return pandas.DatetimeIndex([pandas.NaT if v is None else pandas.Timestamp(v).tz_convert("UTC") for v in values], tz="UTC")
    if c.type == "time":
        numbers = numpy.array([lowest if v is None else v for v in values], dtype="int64")
        return pandas.DatetimeIndex(numbers.view(f"datetime64[{c.unit}]"), tz="UTC")
    if c.type == "duration":
        return numpy.array([lowest if v is None else v for v in values], dtype="int64").view("timedelta64[ns]")
    objects = numpy.empty(len(values), dtype=object)
    for i, v in enumerate(values):
        if v is not None and c.type in _VECTORS:
            objects[i] = numpy.frombuffer(v, "<f4" if c.type == "vector32" else "<f8")
        else:
            objects[i] = v if v is None or c.type == "blob" else _from(c, v)
    return objects
