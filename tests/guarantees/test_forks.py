"""Threads, forks, spawned processes and joblib's workers learn the same to the bit."""

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from forks import learn
from joblib import Parallel, delayed

N_CHILDREN = 40


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on Windows")
def test_no_fork_beside_threads_hangs_or_learns_other_bits():
    script = Path(__file__).with_name("forks.py")
    run = [sys.executable, str(script), str(N_CHILDREN)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=600)
    assert f"{N_CHILDREN} children: {{'same': {N_CHILDREN}}}" in done.stdout, (
        done.stderr
    )
    assert done.returncode == 0, done.stdout


def test_spawned_process_learns_the_same_bits():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        assert executor.submit(learn).result() == learn()


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_of_joblib_learn_the_same_bits(backend):
    learnt = Parallel(n_jobs=3, backend=backend)(delayed(learn)() for _ in range(6))
    assert set(learnt) == {learn()}
