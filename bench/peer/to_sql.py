"""Append frames with pandas' to_sql from a number of threads.

Arguments: task path source types batch workers sum insert select names
pragmas setup... Prints nanoseconds, rows and 0.
"""
import sqlite3
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pandas

task, path, source, types, batch, workers, sum_column, insert, select, names, pragmas = sys.argv[1:12]
setup = sys.argv[12:]
names = names.split(", ")
pragmas = setup[: int(pragmas)]
workers = int(workers)
lock = threading.Lock()


def connect(statements):
    db = sqlite3.connect(path, timeout=30)
    for statement in statements:
        db.execute(statement).fetchall()
    db.commit()
    return db


def append(frame):
    with lock:
        db = connect(pragmas)
        try:
            frame.to_sql("samples", db, if_exists="append", index=False)
            db.commit()
        finally:
            db.close()


def frames(cursor):
    """A few frames for each worker, made while the clock stands still."""
    made = []
    while len(made) < 8 * workers:
        values = cursor.fetchmany(int(batch))
        if not values:
            break
        made.append(pandas.DataFrame.from_records(values, columns=names))
    return made


connect(setup).close()
rows = spent = 0
cursor = sqlite3.connect(source).execute(select)
with ThreadPoolExecutor(workers) as pool:
    while True:
        some = frames(cursor)
        if not some:
            break
        start = time.perf_counter_ns()
        list(pool.map(append, some))
        spent += time.perf_counter_ns() - start
        rows += sum(len(frame) for frame in some)
print(spent, rows, 0)
