"""Ask the service many times, from several clients at once, and print how it fares."""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import httpx
import numpy as np


def ask(url: str, rows: list[dict[str, float]], n_requests: int) -> list[float]:
    """Return the seconds of each of some requests, one after the other."""
    seconds = []
    with httpx.Client(base_url=url) as client:
        for _ in range(n_requests):
            started = time.perf_counter()
            client.post("/predict", json=rows).raise_for_status()
            seconds.append(time.perf_counter() - started)
    return seconds


def measure(
    url: str, rows: list[dict[str, float]], n_clients: int = 4, n_requests: int = 100
) -> dict[str, float]:
    """Return the requests per second, and how long most of them took, in ms."""
    started = time.perf_counter()
    with ThreadPoolExecutor(n_clients) as clients:
        each = clients.map(lambda _: ask(url, rows, n_requests), range(n_clients))
        milliseconds = 1000 * np.array(list(chain.from_iterable(each)))
    elapsed = time.perf_counter() - started
    return {
        "requests_per_second": len(milliseconds) / elapsed,
        "median_ms": float(np.median(milliseconds)),
        "p99_ms": float(np.percentile(milliseconds, 99)),
    }


def main() -> None:
    """Print a line each for requests of 1 and of 100 rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    url = parser.parse_args().url
    columns = httpx.get(f"{url}/health").json()["columns"]
    row = dict.fromkeys(columns, 1.0)
    for n_rows in (1, 100):
        figures = measure(url, [row] * n_rows)
        print(f"{n_rows:4d} rows", *(f"{k} {v:.1f}" for k, v in figures.items()))


if __name__ == "__main__":
    main()
