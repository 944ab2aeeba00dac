"""Tests of galley.py. They run with pandas and without it."""

import datetime
import enum
import errno
import multiprocessing
import os
import pickle
import sqlite3
import stat
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import galley

try:
    import numpy as np
    import pandas as pd
except ImportError:
    pd = None

UTC = datetime.timezone.utc


class SpoolCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "study.spool")
        self.spool = galley.Spool(self.path)

    def files(self, suffix=""):
        return [os.path.join(d, f) for d, _, names in os.walk(self.path) for f in names if f.endswith(suffix)]

    def dicts(self, table="t"):
        rows = galley.read(self.path, table)
        if pd is not None:
            rows = rows.astype(object).where(rows.notna(), None).to_dict("records")
        return rows


class AppendOnce(SpoolCase):
    def test_once(self):
        self.assertFalse(self.spool.done("t", "k"))
        self.assertTrue(self.spool.append_once("t", "k", [{"a": 1, "b": "x"}]))
        self.assertTrue(self.spool.done("t", "k"))
        self.assertFalse(self.spool.append_once("t", "k", [{"a": 2, "b": "y"}]))
        self.assertFalse(self.spool.done("u", "k"))
        self.assertEqual(self.spool.missing("t", ["j", "k", "l"]), ["j", "l"])
        self.assertEqual(self.dicts(), [{"a": 1, "b": "x"}])

    def test_loser_writes_and_keeps_the_first(self):
        self.spool.append_once("t", "k", [{"a": 1}])
        with mock.patch.object(galley.Spool, "_done", return_value=False):
            self.assertFalse(galley.Spool(self.path).append_once("t", "k", [{"a": 2}]))
        self.assertEqual(self.dicts(), [{"a": 1}])
        self.assertEqual([f for f in self.files() if ".tmp-" in f], [])

    def test_collected_is_done(self):
        self.spool.append_once("t", "k", [{"a": 1}])
        (file,) = self.files(".batch")
        name = os.path.basename(file)[:32]
        os.unlink(file)
        self.assertFalse(self.spool.done("t", "k"))
        listed = os.path.join(os.path.dirname(file), "collected-0123.jsonl")
        with open(listed, "w") as f:
            f.write('["%s","00",1,2,"k"]' % name)  # cut off: without its end
        self.assertFalse(self.spool.done("t", "k"))
        with open(listed, "a") as f:
            f.write("\n")
        self.assertTrue(self.spool.done("t", "k"))
        self.assertFalse(self.spool.append_once("t", "k", [{"a": 1}]))

    def test_no_rows(self):
        self.assertTrue(self.spool.append_once("t", "k", [], schema={"a": "int64"}))
        self.assertTrue(self.spool.done("t", "k"))

    def test_pickled(self):
        again = pickle.loads(pickle.dumps(self.spool))
        self.assertTrue(again.append_once("t", "k", [{"a": 1}]))
        self.assertTrue(self.spool.done("t", "k"))

    def test_file_on_disk(self):
        self.spool.append_once("a/b é", "k", [{"a": 1}])
        (file,) = self.files(".batch")
        self.assertIn("a%2Fb%20%C3%A9", file)
        with open(file, "rb") as f:
            content = f.read()
        self.assertRegex(content[-72:], rb"^sha256 [0-9a-f]{64}\n$")
        db = sqlite3.connect("file:" + file.replace("%", "%25") + "?mode=ro&immutable=1", uri=True)
        self.addCleanup(db.close)
        self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.assertEqual(db.execute('SELECT "table", key, rows FROM galley_batches').fetchall(), [("a/b é", "k", 1)])
        self.assertEqual(db.execute("SELECT name, spec FROM galley_columns").fetchall(), [("a", "int64 null")])

    def test_without_serialize(self):
        columns = galley._columns({"a": "int64", "b": "text null"})
        with mock.patch.object(galley.time, "time_ns", return_value=5000):
            contents = [galley._batch("t", "k", columns, [(1, None), (2, "x")], in_memory) for in_memory in (True, False)]
        for content in contents:
            with tempfile.NamedTemporaryFile() as f:
                f.write(content)
                f.flush()
                db = sqlite3.connect("file:" + f.name + "?mode=ro&immutable=1", uri=True)
                self.assertEqual(db.execute("SELECT a, b FROM t").fetchall(), [(1, None), (2, "x")])
                db.close()

    @unittest.skipIf(os.name == "nt", "permissions of POSIX")
    def test_permissions_follow_the_folder(self):
        path = self.path + "-shared"
        os.mkdir(path)
        os.chmod(path, 0o770)
        galley.Spool(path).append_once("t", "k", [{"a": 1}])
        for folder, _, names in os.walk(path):
            self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode) & 0o777, 0o770, folder)
            for name in names:
                self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode), 0o660, name)


class Links(SpoolCase):
    def test_refused_without_hard_links(self):
        with mock.patch("os.link", side_effect=OSError(errno.EPERM, "no")):
            with self.assertRaises(galley.HardLinkError):
                galley.Spool(self.path + "2")
            with self.assertRaises(galley.HardLinkError):
                self.spool.append_once("t", "k", [{"a": 1}])
        self.assertEqual([f for f in self.files() if ".tmp-" in f], [])
        self.assertFalse(self.spool.done("t", "k"))

    def test_loser_told_eperm(self):
        self.spool.append_once("t", "k", [{"a": 1}])
        with mock.patch("os.link", side_effect=OSError(errno.EPERM, "sshfs says so")):
            with mock.patch.object(galley.Spool, "_done", return_value=False):
                self.assertFalse(self.spool.append_once("t", "k", [{"a": 1}]))

    def test_winner_told_eexist(self):
        link = os.link

        def lost_reply(a, b):
            link(a, b)
            raise FileExistsError(errno.EEXIST, "the reply was lost")

        self.spool.append_once("t", "j", [{"a": 1}])
        with mock.patch("os.link", side_effect=lost_reply):
            self.assertTrue(self.spool.append_once("t", "k", [{"a": 1}]))

    def test_disk_full_leaves_nothing(self):
        self.spool.append_once("t", "j", [{"a": 1}])
        with mock.patch("os.fsync", side_effect=OSError(errno.ENOSPC, "full")):
            with self.assertRaises(OSError):
                self.spool.append_once("t", "k", [{"a": 1}])
        self.assertFalse(self.spool.done("t", "k"))
        self.assertEqual([f for f in self.files() if ".tmp-" in f], [])
        self.assertTrue(self.spool.append_once("t", "k", [{"a": 1}]))

    def test_foreign_folder(self):
        folder = os.path.dirname(self.path)
        with self.assertRaisesRegex(galley.SchemaError, "not empty"):
            galley.Spool(folder)
        with self.assertRaisesRegex(galley.SchemaError, "not a spool"):
            galley.Spool(os.path.join(folder, "none"), create=False)


class Columns(SpoolCase):
    def test_types_of_dicts(self):
        when = datetime.datetime(2024, 2, 29, 12, 30, 0, 123456, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
        row = {"b": True, "i": -5, "f": 0.25, "t": "é", "y": b"\0\xff", "w": when, "d": datetime.timedelta(hours=-1), "j": {"a": [1, None]}}
        self.spool.append_once("t", "k", [row, dict.fromkeys(row)])
        self.assertEqual(
            self.spool.schema("t"),
            {
                "b": "bool null",
                "i": "int64 null",
                "f": "float64 null nan=null",
                "t": "text null",
                "y": "blob null",
                "w": "time us null",
                "d": "duration null",
                "j": "json null",
            },
        )
        first, second = self.dicts()
        self.assertEqual(first, row)
        self.assertEqual(set(second.values()), {None})

    def test_forms_of_a_schema(self):
        schema = {
            "u": "uint64 uint=text",
            "v": "uint64 uint=blob",
            "r": "time rfc3339",
            "m": "time ms",
            "e": "vector32 dim=2",
            "h": "text key",
            "p": "text batch",
        }
        when = datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
        row = {"u": 2**64 - 1, "v": 2**63, "r": when, "m": when, "e": [0.5, 1.0], "h": "x"}
        self.spool.append_once("t", "k", [row], schema=schema)
        self.assertEqual(self.spool.schema("t"), schema)
        (got,) = self.dicts()
        self.assertEqual(list(got.pop("e")), row.pop("e"))
        self.assertEqual(got, {**row, "p": "k"})

    def test_refused(self):
        self.spool.append_once("t", "first", [{"n": 1}], schema={"n": "int8"})
        naive = datetime.datetime(2020, 1, 1)
        for spec, value, reason in (
            ("int8", 128, "range"),
            ("int8", 1.5, "not an integer"),
            ("int8", True, "not an integer"),
            ("int8", None, "does not take NULL"),
            ("int8", float("nan"), "does not take NULL"),
            ("uint64", 2**63, "uint=text"),
            ("uint8", -1, "range"),
            ("bool", 1, "not a bool"),
            ("float64", "1", "not a number"),
            ("float64", float("nan"), "does not take NULL"),
            ("float64", 2**53 + 1, "does not fit"),
            ("float32", 0.1, "float32"),
            ("text", 1, "not a str"),
            ("text", "a\0b", "NUL"),
            ("text", "\ud800", "surrogates"),
            ("blob", "a", "not bytes"),
            ("time us", naive, "time zone"),
            ("time us", datetime.date(2020, 1, 1), "not a time"),
            ("time us", datetime.datetime(1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))), "years 1 to 9999"),
            ("time ns", datetime.datetime(3000, 1, 1, tzinfo=UTC), "range"),
            ("time s", datetime.datetime(2020, 1, 1, 0, 0, 0, 1, tzinfo=UTC), "more digits"),
            ("time ms", datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "more digits"),
            ("duration", 1, "not a time difference"),
            ("json", {1, 2}, "JSON"),
            ("json", [float("nan")], "JSON"),
            ("json", [{"a": ({1: 2, "1": 3},)}], "a key of JSON is a str, not int: 1"),
            ("vector32 dim=2", [1.0], "want 2"),
        ):
            with self.subTest(spec=spec, value=value):
                table = "t" + spec
                with self.assertRaisesRegex(galley.RowError, reason) as caught:
                    self.spool.append_once(table, "k", [{"c": value}], schema={"c": spec})
                self.assertEqual((caught.exception.row, caught.exception.column, caught.exception.table), (0, "c", table))
                self.assertIsInstance(pickle.loads(pickle.dumps(caught.exception)), galley.RowError)
                self.assertFalse(self.spool.done(table, "k"))

    def test_enum_is_its_value(self):
        class Site(str, enum.Enum):
            LEFT = "left"

        class Grade(enum.IntEnum):
            LOW = 1

        self.spool.append_once("t", "k", [{"s": Site.LEFT, "g": Grade.LOW, "j": [Site.LEFT, Grade.LOW]}])
        self.assertEqual(self.dicts(), [{"s": "left", "g": 1, "j": ["left", 1]}])

    def test_columns_that_no_table_has(self):
        """collect would set their batches aside after they were acknowledged."""
        value = {"bool": True, "int8": 1, "float32": 0.5, "text": "x", "blob": b"x", "json": [1], "vector64": [1.0], "uint64": 1}
        value["time"] = datetime.datetime(2020, 1, 1, tzinfo=UTC)
        value["duration"] = datetime.timedelta(1)
        for spec in (
            *("int8 null key", "text null batch", "int8 batch", "text key batch", "int8 nan=null", "int8 uint=text", "int8 dim=2", "vector64 dim=0"),
            *("int8 ms", "time ms us", "int8 index=g index=h", "int8 default=NULL", "int8 default=x", "int8 default=0.5", "int8 default=200"),
            *("float32 default=1e300", "bool default=2", "text default=x", "blob default='x'", "json default='{'", "json default='NaN'"),
            *("vector64 default='[1]'", "time default='2020-01-01'", "uint64 uint=text default='1'", 'time rfc3339 default="\'x\'"'),
            *("int8 check=(a", 'int8 check="a) OR (a"', 'int8 check="a > 0; x"', 'int8 check="a > 0 -- x"', "int8 check=b>0", 'int8 check=""', "int8 check=a>'"),
        ):
            with self.subTest(spec), self.assertRaises(galley.SchemaError):
                self.spool.append_once("t", "k", [{"a": value[spec.split()[0]]}], schema={"a": spec})
            self.assertIsNone(self.spool.schema("t"))
        with self.assertRaisesRegex(galley.SchemaError, "two columns"):
            self.spool.append_once("t", "k", [{}], schema={"a": "text batch", "b": "text batch"})
        with self.assertRaisesRegex(galley.SchemaError, "at most 2000"):
            self.spool.append_once("t", "k", [{}], schema={f"c{i}": "int8 null" for i in range(2001)})

    def test_specs_are_as_galley_writes_them(self):
        for i, (spec, want) in enumerate(
            (
                ("int8 check=a>0", 'int8 check="a>0"'),
                ('int8 unique="g" default="5"', "int8 unique=g default=5"),
                ("float64 default=0.5 null", 'float64 null default="0.5"'),
                ("text default='x'", "text default=\"'x'\""),
                ('int8 check="(a IN (1,2)) AND \'(\' <> a"', 'int8 check="(a IN (1,2)) AND \'(\' <> a"'),
                ("bool default=TRUE", "bool default=TRUE"),
                ("int8 unique=a-b", 'int8 unique="a-b"'),
            )
        ):
            with self.subTest(spec):
                self.spool.append_once(f"t{i}", "k", [], schema={"a": spec})
                self.assertEqual(self.spool.schema(f"t{i}"), {"a": want})

    def test_no_type(self):
        for rows, error in (
            ([{"a": None}], "no values to take a type from"),
            ([{"a": object()}], "no column type"),
            ([{"a": 1}, {"a": "x"}], "int64 and text"),
            ([{1: 2}], "a name is a str"),
            ([{"a": 1, "A": 2}], "upper and lower case"),
            ({"a": [1]}, "list of dicts"),
            ([[1]], "a row is a dict"),
            ([{"a": datetime.datetime(2020, 1, 1)}], "time zone"),
        ):
            with self.subTest(error), self.assertRaisesRegex(galley.Error, error):
                self.spool.append_once("t", "k", rows)
        self.assertIsNone(self.spool.schema("t"))

    def test_later_batches_fit_the_first(self):
        self.spool.append_once("t", "1", [{"a": 1, "b": "x"}])
        self.spool.append_once("t", "2", [{"b": "y"}])
        with self.assertRaisesRegex(galley.SchemaError, "'c'"):
            self.spool.append_once("t", "3", [{"a": 1, "c": 1.5}])
        with self.assertRaisesRegex(galley.SchemaError, "schema= says"):
            self.spool.append_once("t", "3", [{"a": 1}], schema={"a": "text"})
        self.assertTrue(self.spool.append_once("t", "3", [{"a": None, "c": 1.5}], evolve=True))
        self.assertEqual(list(self.spool.schema("t")), ["a", "b", "c"])
        self.assertTrue(galley.Spool(self.path).append_once("t", "4", [{"c": 2.5}]))
        got = sorted((r["c"] or 0, r["b"] or "", r["a"] or 0) for r in self.dicts())
        self.assertEqual(got, [(0, "x", 1), (0, "y", 0), (1.5, "", 0), (2.5, "", 0)])

    def test_names(self):
        for table in ("", "galley_x", "sqlite_x", "a\0", "é" * 70, 5):
            with self.subTest(table=table), self.assertRaises(galley.SchemaError):
                self.spool.append_once(table, "k", [{"a": 1}])
        for key in ("", "a\0", "x" * 1025, 5, "\udc00"):
            with self.subTest(key=key), self.assertRaises(galley.SchemaError):
                self.spool.append_once("t", key, [{"a": 1}])

    def test_specs(self):
        spec = 'int64 null key unique="a b" index=g default=5 check="c > \\"0\\""'
        self.assertEqual(galley._Column("c", 'int64 check="c > \\"0\\"" default=5 key index=g unique="a b" null').spec, spec)
        for bad in ("", "int65", "int64 nul", "null", 5, "text uint=int"):
            with self.subTest(bad), self.assertRaises(galley.SchemaError):
                galley._Column("c", bad)


@unittest.skipIf(pd is None, "pandas is not installed")
class Frames(SpoolCase):
    def frame(self):
        return pd.DataFrame(
            {
                "flag": [True, False, True],
                "i8": np.array([1, -2, 3], "int8"),
                "u32": np.array([1, 2, 2**32 - 1], "uint32"),
                "maybe": pd.array([1, None, 3], dtype="Int64"),
                "f32": np.array([0.5, np.nan, 1.5], "float32"),
                "f64": [0.1, np.nan, np.inf],
                "name": ["a", None, "c"],
                "site": pd.Categorical(["x", "x", "y"]),
                "when": pd.to_datetime(["2020-01-01T00:00:00.123456789", None, "1970-01-01"], utc=True),
                "took": pd.to_timedelta([1, None, 3], unit="ms"),
                "raw": [b"a", b"", None],
                "meta": [{"a": 1}, [1, 2], None],
                "vec": [np.array([1, 2], "float32"), np.array([], "float32"), None],
            }
        )

    def test_round_trip(self):
        frame = self.frame()
        self.spool.append_once("t", "k", frame)
        got = galley.read(self.path, "t")
        self.assertEqual(list(got.columns), list(frame.columns))
        self.assertEqual(
            [str(t) for t in got.dtypes],
            ["boolean", "Int8", "UInt32", "Int64", "float32", "float64", "string", "string", "datetime64[ns, UTC]", "timedelta64[ns]"] + ["object"] * 3,
        )
        for name in frame.columns[:-1]:
            with self.subTest(name):
                want = [None if pd.api.types.is_scalar(v) and pd.isna(v) else v for v in frame[name].astype(object)]
                have = [None if pd.api.types.is_scalar(v) and pd.isna(v) else v for v in got[name].astype(object)]
                self.assertEqual(have, want)
        np.testing.assert_array_equal(got["vec"][0], frame["vec"][0])
        self.assertEqual(got["vec"][0].dtype, np.dtype("float32"))

    def test_same_frame_by_a_fixed_schema(self):
        schema = {"i8": "int64", "f64": "float64 null", "site": "text", "name": "text null"}
        self.spool.append_once("t", "k", self.frame()[list(schema)], schema=schema)
        got = galley.read(self.path, "t")
        self.assertEqual(str(got.dtypes["i8"]), "int64")
        self.assertEqual(got["site"].tolist(), ["x", "x", "y"])

    def test_integers_beside_missing_values(self):
        self.spool.append_once("t", "1", pd.DataFrame({"a": [1, 2]}))
        self.spool.append_once("t", "2", pd.DataFrame({"a": [1, None]}))  # which is float64 in pandas
        with self.assertRaisesRegex(galley.RowError, "row 1, column 'a', value 2.5"):
            self.spool.append_once("t", "3", pd.DataFrame({"a": [1, 2.5]}))

    def test_refused(self):
        for frame, error in (
            (pd.DataFrame({"a": pd.to_datetime(["2020-01-01"])}), "time zone"),
            (pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="subject")), "reset_index"),
            (pd.DataFrame({"a": [1]}, index=["sub-01"]), "'sub-01'.*reset_index"),
            (pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)])), "reset_index"),
            (pd.DataFrame({"a": [1]}, index=pd.to_datetime(["2020-01-01"])), "reset_index"),
            (pd.DataFrame({"a": [pd.Timestamp("2020-01-01T00:00:00.123456789Z")]}, dtype=object), "more digits"),
            (pd.DataFrame([[1, 2]], columns=["a", "a"]), "same name"),
            (pd.DataFrame({"a": [1, "x"]}), "int64 and text"),
            (pd.DataFrame({"a": [1 + 2j]}), "no column type"),
        ):
            with self.subTest(error), self.assertRaisesRegex(galley.Error, error):
                self.spool.append_once("t", "k", frame)
        self.spool.append_once("t", "k", pd.DataFrame({"a": [1, 2]}).iloc[1:])  # an index without a name is no column

    def test_other_zone(self):
        local = pd.DataFrame({"a": pd.to_datetime(["2020-06-01 12:00"]).tz_localize("Europe/Berlin")})
        self.spool.append_once("t", "k", local)
        self.assertEqual(galley.read(self.path, "t")["a"][0], pd.Timestamp("2020-06-01 10:00", tz="UTC"))


def write_keys(args):
    spool, worker = args
    return [spool.append_once("t", f"key {i}", [{"worker": worker, "n": i}] * 3) for i in range(50)]


class Race(SpoolCase):
    def test_eight_processes_store_each_key_once(self):
        with multiprocessing.get_context("spawn").Pool(8) as pool:
            won = pool.map(write_keys, [(self.spool, w) for w in range(8)], chunksize=1)
        for i in range(50):
            self.assertEqual(sum(w[i] for w in won), 1, f"key {i}")
        rows = self.dicts()
        self.assertEqual(sorted(r["n"] for r in rows), sorted(list(range(50)) * 3))
        for r in rows:
            self.assertTrue(won[r["worker"]][r["n"]])
        self.assertEqual([f for f in self.files() if ".tmp-" in f], [])


class WithoutPandas(unittest.TestCase):
    @unittest.skipIf(pd is None, "this is without pandas already")
    def test_all_of_it(self):
        """The tests above, in a Python in which pandas and numpy cannot be imported."""
        hide = "import sys; sys.modules['pandas'] = sys.modules['numpy'] = None; import unittest; unittest.main('test_galley', argv=['x'] + sys.argv[1:])"
        done = subprocess.run(
            [sys.executable, "-c", hide, "AppendOnce", "Links", "Columns"],
            cwd=os.path.dirname(os.path.abspath(__file__)),
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("OK", done.stderr)


if __name__ == "__main__":
    unittest.main()
