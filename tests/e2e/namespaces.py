"""A machine of namespaces: processes, mounts and network of its own on this kernel, gone with all that runs in it.

Docker's and podman's daemons, bridges and mounts stay inside, and what they keep in /run and /var/lib lies in the
test's folder; only control groups are the kernel's, and those that a machine made are removed when it ends. The test itself steps into the machine's network to talk to what listens
there: with machine.network(): ...
"""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess

from harness import PEERS, START_SECONDS, Process, run, wait_for

CGROUPS = pathlib.Path("/sys/fs/cgroup")
CLONE_NEWNET = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


def why_not():
    """Why namespaces and groups cannot be had here; None when they can."""
    if os.geteuid() != 0:
        return "control groups and namespaces need root"
    tried = run(["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "true"])
    return None if tried.returncode == 0 else f"no namespaces here: {tried.stderr.strip()}"


def enter_network(descriptor):
    """This thread, and what it starts, lives in that network from now on."""
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Machine:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.environment = {
            **os.environ, "HOME": str(self.folder),
            "PATH": f"{PEERS}/bin:{PEERS}/sbin:{PEERS.parent}/bin:{os.environ['PATH']}",
        }
        (self.folder / "var-lib").mkdir()
        self.namespaces = Process(
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
             "--propagation", "private", "sh", "-c",
             "mount -t tmpfs run /run && mount --bind var-lib /var/lib && exec sleep infinity"],
            folder, "machine",
        )
        self.first = self.namespaces.wait_until(self.first_process, "the machine's first process")
        self.check("ip", "link", "set", "lo", "up")

    def first_process(self):
        """The number that process 1 of the machine has outside, once it has done its mounts."""
        for child in children(self.namespaces.popen.pid):
            if pathlib.Path(f"/proc/{child}/comm").read_text(encoding="utf-8") == "sleep\n":
                return child
        return None

    @property
    def launcher(self):
        """What goes before a command so that it runs in the machine."""
        return ["nsenter", "--target", str(self.first), "--mount", "--net", "--pid", "--"]

    def start(self, argv, name, **options):
        options.setdefault("env", self.environment)
        return Process([*self.launcher, *argv], self.folder, name, **options)

    def check(self, *argv, stdin=None, timeout=30):
        """The standard output of a command that has to succeed."""
        ended = subprocess.run(
            [*self.launcher, *(str(arg) for arg in argv)], env=self.environment, timeout=timeout, check=False,
            capture_output=True, **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}),
        )
        if ended.returncode != 0:
            raise AssertionError(f"{argv}: {ended.returncode} {ended.stderr.decode(errors='replace')}")
        return ended.stdout.decode(errors="replace")

    @contextlib.contextmanager
    def network(self):
        outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        inside = os.open(f"/proc/{self.first}/ns/net", os.O_RDONLY)
        try:
            enter_network(inside)
            yield
        finally:
            enter_network(outside)
            os.close(inside)
            os.close(outside)

    def enter_for(self, scenario):
        """All that the scenario (a class of tests) starts from now on lives in this machine's network."""
        inside = self.network()
        inside.__enter__()
        scenario.addClassCleanup(inside.__exit__, None, None, None)

    def signal(self, process, number):
        """To the program itself, which is the child of the nsenter that started it; its exit code is passed on."""
        (child,) = children(process.popen.pid)
        os.kill(child, number)

    def kill(self):
        if self.namespaces.running():
            os.kill(self.first, signal.SIGKILL)
        self.namespaces.kill()


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]


def hierarchies():
    """The folders below which each group has one of its own."""
    return [CGROUPS] if (CGROUPS / "cgroup.controllers").exists() else [
        path for path in CGROUPS.iterdir() if (path / "cgroup.procs").exists() and not path.is_symlink()
    ]


def make_group(path):
    """In every hierarchy, with the groups above it, so that a process may enter it; version 2: with its controllers."""
    for top in hierarchies():
        group = top / path.lstrip("/")
        for folder in reversed([group, *(above for above in group.parents if top in above.parents)]):
            folder.mkdir(exist_ok=True)
            for name in ("cpuset.cpus", "cpuset.mems"):
                if (folder / name).exists() and not (folder / "cgroup.controllers").exists():
                    (folder / name).write_text((folder.parent / name).read_text(encoding="utf-8"), encoding="utf-8")
            if folder != group and (folder / "cgroup.controllers").exists():
                enabled = (folder / "cgroup.controllers").read_text(encoding="utf-8").split()
                (folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in enabled), encoding="utf-8")


def remove_groups(parent, names):
    """Removes groups below a parent in every hierarchy, once their processes are gone, and then the parent if it is
    empty: another engine of this machine may have groups there, too.
    """
    for top in [CGROUPS / parent, *CGROUPS.glob(f"*/{parent}")]:
        for name in names:
            for folder, _, _ in os.walk(top / name, topdown=False):
                wait_for(lambda path=folder: is_removed(path), START_SECONDS, f"{folder} is removed")
        with contextlib.suppress(OSError):
            top.rmdir()


def is_removed(folder):
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(folder)
    return not os.path.exists(folder)


def busybox_image(folder):
    """A tar archive that holds nothing but a static busybox and its names."""
    root = pathlib.Path(folder) / "image"
    programs = root / "bin"
    programs.mkdir(parents=True)
    busybox = PEERS.parent / "bin/busybox"
    shutil.copy(busybox, programs / "busybox")
    for name in run([busybox, "--list"]).stdout.split():
        if name != "busybox":
            (programs / name).symlink_to("busybox")
    (root / "tmp").mkdir()
    archive = pathlib.Path(folder) / "image.tar"
    run(["tar", "-C", root, "-cf", archive, "."])
    return archive
