"""Append or read rows with Python's sqlite3.

Arguments: task path source types batch workers sum insert select names
pragmas setup... Prints nanoseconds, rows and the sum of column `sum`.
"""
import sqlite3
import sys
import time

task, path, source, types, batch, workers, sum_column, insert, select = sys.argv[1:10]
setup = sys.argv[12:]

db = sqlite3.connect(path, timeout=30, isolation_level=None)
for statement in setup:
    db.execute(statement).fetchall()


def bulk():
    rows = spent = 0
    cursor = sqlite3.connect(source).execute(select)
    while True:
        # A list of tuples is what the rows of a parsed file are.
        values = cursor.fetchmany(int(batch))
        if not values:
            break
        start = time.perf_counter_ns()
        db.execute("BEGIN IMMEDIATE")
        db.executemany(insert, values)
        db.execute("COMMIT")
        spent += time.perf_counter_ns() - start
        rows += len(values)
    start = time.perf_counter_ns()
    db.close()
    spent += time.perf_counter_ns() - start
    print(spent, rows, 0)


def read():
    column = int(sum_column)
    rows = total = 0
    start = time.perf_counter_ns()
    for row in db.execute(select):
        rows += 1
        total += row[column]
    print(time.perf_counter_ns() - start, rows, total)


read() if task == "read" else bulk()
