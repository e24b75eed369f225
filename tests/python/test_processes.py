"""Threads, forks and pickles."""
import copy
import multiprocessing
import os
import pickle
import threading
import time

import numpy as np
import pytest

import henson

IDS = np.arange(1, 8, dtype=np.int64)[None]
BATCH = (IDS, np.ones_like(IDS), np.zeros_like(IDS))


def in_child(work):
    """Whether work() is true in a fork of this process."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if work() else 1)
        except BaseException:
            os._exit(2)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


def test_threads_call_one_model(encoder_path):
    model = henson.load(encoder_path, threads=2)
    sequences = [tuple(np.repeat(a, k % 3 + 1, 0)[:, :k % 6 + 2] for a in BATCH) for k in range(16)]
    alone = [model(*s)[0] for s in sequences]
    wrong = []

    def call(k):
        for _ in range(20):
            if not np.array_equal(model(*sequences[k])[0], alone[k]):
                wrong.append(k)

    threads = [threading.Thread(target=call, args=(k,)) for k in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_other_threads_run_meanwhile(encoder_path):
    """While a call computes, Python goes on: the GIL is free."""
    model = henson.load(encoder_path, threads=1, executor="interpreter")
    many = tuple(np.repeat(np.tile(a, 6), 500, 0) for a in BATCH)
    ticks = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    ticker = threading.Thread(target=tick)
    ticker.start()
    begin = time.perf_counter()
    model(*many)
    end = time.perf_counter()
    done.set()
    ticker.join()
    assert sum(begin < moment < end for moment in ticks) > (end - begin) / 0.1


@pytest.mark.parametrize("threads", [1, 2])
def test_models_survive_a_fork(encoder_path, folder, threads):
    model = henson.load(encoder_path, threads=threads)
    texts = henson.SentenceTransformer(folder("mean"), threads=threads)
    expected = model(*BATCH)[0]
    vectors = texts.encode(["a frog", "a film"])

    def same():
        return (np.array_equal(model(*BATCH)[0], expected) and
                np.array_equal(texts.encode(["a frog", "a film"]), vectors))

    assert in_child(same)
    assert in_child(lambda: in_child(same) and same())
    assert same()


def test_a_fork_waits_for_calls(encoder_path):
    """A lock that a call holds would stay closed in the child for ever."""
    model = henson.load(encoder_path, threads=2)
    expected = model(*BATCH)[0]
    stop = threading.Event()

    def call():
        while not stop.is_set():
            model(*BATCH)

    callers = [threading.Thread(target=call) for _ in range(3)]
    for caller in callers:
        caller.start()
    try:
        for _ in range(20):
            assert in_child(lambda: np.array_equal(model(*BATCH)[0], expected))
    finally:
        stop.set()
        for caller in callers:
            caller.join()


def test_pickles(encoder_path, folder):
    model = henson.load(encoder_path, threads=1)
    expected = model(*BATCH)[0]
    by_path = pickle.dumps(model)
    assert len(by_path) < 1000
    assert np.array_equal(pickle.loads(by_path)(*BATCH)[0], expected)
    by_content = pickle.dumps(henson.load(encoder_path.read_bytes()))
    assert len(by_content) > encoder_path.stat().st_size
    assert np.array_equal(pickle.loads(by_content)(*BATCH)[0], expected)
    assert copy.deepcopy(model) is model
    texts = henson.SentenceTransformer(folder("prompts"), truncate_dim=9)
    texts.max_seq_length = 12
    other = pickle.loads(pickle.dumps(texts))
    assert other.max_seq_length == 12
    assert np.array_equal(other.encode("a frog"), texts.encode("a frog"))




def test_a_pool_of_processes(folder):
    model = henson.SentenceTransformer(folder("mean"))
    expected = model.encode(["a frog", "a film"])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert np.array_equal(pool.apply(model.encode, (["a frog", "a film"],)), expected)
