"""usage: isolated.py MOUNTS PROGRAM [ARGUMENT...]

Runs a program as process 1 of its own mount and process namespaces, with the mounts that the JSON list MOUNTS
names as {"path": hex of the path's bytes, "type": "tmpfs" or "hung"}. A hung mount is a FUSE file system whose
server never answers: /dev/fuse is opened, mounted and never read, so that every statfs() on it waits for ever.
SIGTERM is passed on; the program's exit code is ours. The dead mounts end with the namespace.
"""

import ctypes
import json
import os
import signal
import stat
import sys

CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source, path, kind, flags=0, options=b""):
    check(libc.mount(source, path, kind, ctypes.c_ulong(flags), options), f"mount {kind!r} on {path!r}")


def make_mounts(mounts):
    mount(b"none", b"/", None, MS_REC | MS_PRIVATE)
    mount(b"proc", b"/proc", b"proc")
    for entry in mounts:
        path = bytes.fromhex(entry["path"])
        os.makedirs(path, exist_ok=True)
        if entry["type"] == "hung":
            server = os.open("/dev/fuse", os.O_RDWR)
            os.set_inheritable(server, True)  # kept open, and never read, by the program itself
            options = f"fd={server},rootmode={stat.S_IFDIR:o},user_id={os.getuid()},group_id={os.getgid()}"
            mount(b"hung", path, b"fuse", 0, options.encode())
        else:
            mount(b"odd", path, b"tmpfs", 0, b"size=64k")


def main(mounts, argv):
    check(libc.unshare(CLONE_NEWNS | CLONE_NEWPID), "unshare")
    child = os.fork()
    if child == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        make_mounts(json.loads(mounts))
        os.execv(argv[0], argv)
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
