"""Statements in libpq's pipeline mode: all sent before any is answered, one Sync behind the last. By ctypes, for psycopg2 has none.

    c = pipeline.Connection("host=127.0.0.1 …")
    rows = c.run(["insert …", "select …"])     # the rows of the last; text
"""
import ctypes
import ctypes.util

COMMAND, ROWS, PIPELINE_SYNC, PIPELINE_ABORTED = 1, 2, 10, 11
SYNC = "sync"  # among statements: a Sync there too


class Error(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.pgcode = code


def library():
    pq = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
    for name in ("PQconnectdb", "PQgetResult"):
        getattr(pq, name).restype = ctypes.c_void_p
    for name in ("PQerrorMessage", "PQresultErrorField", "PQresultErrorMessage", "PQgetvalue"):
        getattr(pq, name).restype = ctypes.c_char_p
    return pq


class Connection:
    def __init__(self, conninfo):
        self.pq = library()
        self.c = ctypes.c_void_p(self.pq.PQconnectdb(conninfo.encode()))
        if self.pq.PQstatus(self.c) != 0:
            raise Error("", self.pq.PQerrorMessage(self.c).decode())
        if not self.pq.PQenterPipelineMode(self.c):
            raise Error("", "no pipeline mode")

    def run(self, statements):
        syncs = 1 + statements.count(SYNC)
        for s in statements:
            if s == SYNC:
                self.pq.PQpipelineSync(self.c)
            elif not self.pq.PQsendQueryParams(self.c, s.encode(), 0, None, None, None, None, 0):
                raise Error("", self.pq.PQerrorMessage(self.c).decode())
        if not self.pq.PQpipelineSync(self.c):
            raise Error("", self.pq.PQerrorMessage(self.c).decode())
        rows, error, nothing = [], None, 0
        while True:
            r = self.pq.PQgetResult(self.c)
            if not r:
                nothing += 1
                if nothing > 1:
                    raise Error("", "the connection was lost: " + self.pq.PQerrorMessage(self.c).decode())
                continue
            r, nothing = ctypes.c_void_p(r), 0
            status = self.pq.PQresultStatus(r)
            if status == ROWS:
                rows = self.rows(r)
            elif status not in (COMMAND, PIPELINE_SYNC, PIPELINE_ABORTED) and not error:
                error = Error((self.pq.PQresultErrorField(r, ord("C")) or b"").decode(), self.pq.PQresultErrorMessage(r).decode("utf-8", "replace"))
            self.pq.PQclear(r)
            syncs -= status == PIPELINE_SYNC
            if not syncs:
                break
        if error:
            raise error
        return rows

    def rows(self, r):
        def cell(i, j):
            return None if self.pq.PQgetisnull(r, i, j) else self.pq.PQgetvalue(r, i, j).decode()
        return [[cell(i, j) for j in range(self.pq.PQnfields(r))] for i in range(self.pq.PQntuples(r))]

    def close(self):
        self.pq.PQfinish(self.c)
