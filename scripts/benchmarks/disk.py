"""The least that a durable write takes on a disk, without the vault: what its figures are multiples of."""

import os
import sqlite3
import time


class DurableCommit:
    """One SQLite transaction that rewrites a row and adds one, with the vault's settings: the least one can take."""

    def __init__(self, path):
        self.database = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = DELETE", "synchronous = EXTRA", "secure_delete = ON", "mmap_size = 0"):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.execute("CREATE TABLE state (id INTEGER PRIMARY KEY, meta BLOB)")
        self.database.execute("CREATE TABLE audit (seq INTEGER PRIMARY KEY, meta BLOB)")
        self.database.execute("INSERT INTO state VALUES (1, zeroblob(2200))")

    def __call__(self):
        """Gives the milliseconds it took."""
        start = time.perf_counter()
        self.database.execute("BEGIN IMMEDIATE")
        self.database.execute("UPDATE state SET meta = randomblob(2200)")
        self.database.execute("INSERT INTO audit (meta) VALUES (randomblob(600))")
        self.database.execute("COMMIT")
        return (time.perf_counter() - start) * 1e3


def durable_replacement(path):
    """Milliseconds to replace a small file so that a crash leaves the old or the new one: how an anchor is written."""
    start = time.perf_counter()
    with open(f"{path}.new", "wb") as file:
        file.write(os.urandom(400))
        file.flush()
        os.fsync(file.fileno())
    os.rename(f"{path}.new", path)
    directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(directory)
    os.close(directory)
    return (time.perf_counter() - start) * 1e3
