"""What a container costs in a scrape on control groups of version 1 and of version 2 alone: bench_containers in a guest
with a kernel of its own, under software emulation that counts instructions.

The guest's clock goes on by one nanosecond with each instruction (qemu -icount), so a microsecond of its figures is a
thousand instructions, the kernel's included, and the same on every machine and under any load. The kernel memory of
kept descriptors is what the guest's own accounting says, with nothing that is merely cached. Needs qemu and the kernel
that ./dev test e2e fetches.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("FOURNINES", str(ROOT / "build-bench/app/fournines"))
sys.path.insert(0, str(ROOT / "tests/e2e"))

from guest import run_guest  # pylint: disable=wrong-import-position

PROGRAM = ROOT / os.environ.get("FOURNINES_BENCH_BUILD", "build-bench") / "tests/bench/bench_containers"
MEASURE = "ulimit -n 100000; /bin/bench_containers --drop-caches >/results/figures 2>/results/errors\n"
VERSION_1 = """
top=/sys/fs/cgroup
echo "-cpu -memory -io -pids" >$top/cgroup.subtree_control
umount $top && mount -t tmpfs cgroups $top
for controller in memory pids cpuacct cpu blkio; do
  mkdir $top/$controller
  until mount -t cgroup -o $controller $controller $top/$controller; do sleep 1; done
done
mkdir $top/unified && mount -t cgroup2 unified $top/unified
"""


def measure(version, scenario, append):
    with tempfile.TemporaryDirectory() as folder:
        results, console = run_guest(
            folder, {"/scenario": scenario + MEASURE}, seconds=900, programs={"/bin/bench_containers": PROGRAM},
            options=["-icount", "shift=0,sleep=off"], append=append,
        )
    if results.get("status", "").strip() != "0":
        sys.exit(f"the benchmark failed\n{results.get('errors')}\n{console[-2000:]}")
    for line in results["figures"].splitlines():
        figures = {"version": version, **json.loads(line)}
        figures["thousand_instructions_per_group"] = figures.pop("us_per_group")
        figures["thousand_instructions_for_others"] = figures.pop("others_us")
        print(json.dumps(figures), flush=True)


def main():
    if not shutil.which("qemu-system-x86_64"):
        print("not measured: there is no qemu-system-x86_64")
        return
    build = PROGRAM.parents[2]
    subprocess.run(["ninja", "-C", build, "tests/bench/bench_containers", "app/fournines"], check=True, stdout=sys.stderr)
    measure("1, pressure from 2", VERSION_1, "cgroup_no_v1=none")
    measure("2", "", "cgroup_no_v1=all")


if __name__ == "__main__":
    main()
