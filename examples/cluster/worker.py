"""A task of a job array: it stores the rows of one subject in a spool, once."""

import os
import sys

import galley


def measure(subject: str) -> list:
    """Stands for the computation: 20 regions of a subject."""
    number = int(subject.split("-")[1])
    return [
        {"subject": subject, "region": region, "volume": number + region / 32}
        for region in range(20)
    ]


def main() -> None:
    spool = galley.Spool(sys.argv[1])
    key = "sub-%04d" % int(os.environ["SLURM_ARRAY_TASK_ID"])
    if not spool.done("volumes", key):
        spool.append_once("volumes", key, measure(key))


main()
