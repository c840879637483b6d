"""Real outages with known times: many nginx, each killed and started again at random moments.

Starts and ends lie at random, but spread evenly over the phases of a probe's interval, so that what a mean over many
outages shows is the judge's error and not the luck of the draw.
"""

import concurrent.futures
import math
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import time

from harness import START_SECONDS, Nginx


class Served(Nginx):
    """An nginx that can go away and come back on its port; outages holds [gone, back], wall clock."""

    def __init__(self, folder):
        self.home = tempfile.mkdtemp(dir=folder)
        self.outages = []
        super().__init__(self.home, "return 200;")

    def go(self):
        before = time.time()
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()
        self.outages.append([(before + time.time()) / 2, None])

    def come_back(self):
        """Until it accepts, which is some 10 ms after its start."""
        with open(pathlib.Path(self.home) / "again.stderr", "ab") as log:
            self.popen = subprocess.Popen(self.popen.args, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          cwd=self.home)
        deadline = time.monotonic() + START_SECONDS
        while True:
            before = time.time()
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            if time.monotonic() > deadline:
                raise AssertionError(f"nginx is not back on port {self.port} within {START_SECONDS} s")
            time.sleep(0.003)
        self.outages[-1][1] = before


def log_uniform(rng, least, most):
    return math.exp(rng.uniform(math.log(least), math.log(most)))


def plan(rng, count, interval, least, most):
    """[(up seconds before, down seconds)] whose starts and ends are spread over the interval's phases."""
    starts = [(i + rng.random()) / count * interval for i in range(count)]
    ends = [(i + rng.random()) / count * interval for i in range(count)]
    rng.shuffle(starts)
    rng.shuffle(ends)
    steps = []
    clock = 0.0
    for start_phase, end_phase in zip(starts, ends):
        start = clock + 3 * interval + rng.random()
        start += (start_phase - start) % interval
        end = start + log_uniform(rng, least, most)
        end += (end_phase - end) % interval
        steps.append((start, end))
        clock = end
    return steps


def run_outages(servers, each, interval, least, most, seed):
    """Blocks until every server has had its outages; times are kept in servers."""
    played = []
    pool = concurrent.futures.ThreadPoolExecutor(len(servers))
    for number, server in enumerate(servers):
        steps = plan(random.Random(f"{seed}-{number}"), each, interval, least, most)

        def play(server=server, steps=steps):
            base = time.monotonic()
            for start, end in steps:
                time.sleep(max(0, base + start - time.monotonic()))
                server.go()
                time.sleep(max(0, base + end - time.monotonic()))
                server.come_back()

        played.append(pool.submit(play))
    pool.shutdown()
    for one in played:
        one.result()
