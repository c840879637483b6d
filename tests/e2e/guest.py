"""A machine with a kernel of its own: Debian's cloud kernel under qemu's software emulation, with nothing but control
groups of version 2, which this machine may not have.

The guest is one initramfs made here: busybox, the daemon with its libraries, a few modules, and what the test adds.
guest_init.sh runs the test's /scenario, then writes /results as a tar archive on the second disk and switches off.
"""

import os
import pathlib
import re
import shutil
import stat
import tarfile

from harness import FOURNINES, PEERS, ROOT, Process, run

# In the order in which they need each other.
MODULES = (
    "drivers/virtio/virtio_ring", "drivers/virtio/virtio", "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci_modern_dev", "drivers/virtio/virtio_pci", "drivers/block/virtio_blk",
    "drivers/net/veth",
)
DISK_BYTES = 64 << 20
RESULTS_BYTES = 64 << 20


class Archive:
    """A cpio archive in the "newc" format of the kernel's Documentation/driver-api/early-userspace/buffer-format.rst."""

    def __init__(self, path):
        self.out = open(path, "wb")
        self.count = 0
        self.folders = set()

    def entry(self, name, mode, data=b""):
        self.count += 1
        name = name.encode() + b"\0"
        fields = (self.count, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        self.out.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))

    def folder(self, path):
        if path and path not in self.folders:
            self.folder(os.path.dirname(path))
            self.folders.add(path)
            self.entry(path, stat.S_IFDIR | 0o755)

    def file(self, path, data, mode=0o755):
        path = path.lstrip("/")
        self.folder(os.path.dirname(path))
        self.entry(path, stat.S_IFREG | mode, data)

    def link(self, path, target):
        path = path.lstrip("/")
        self.folder(os.path.dirname(path))
        self.entry(path, stat.S_IFLNK | 0o777, target.encode())

    def close(self):
        self.entry("TRAILER!!!", 0)
        self.out.close()


def libraries(program):
    """What the loader takes for a program, and the loader itself."""
    return sorted(set(re.findall(r"(/\S+) \(0x", run(["ldd", program]).stdout)))


def kernel():
    """The newest kernel image that was unpacked, and the folder of its modules."""
    images = sorted(PEERS.parent.glob("boot/vmlinuz-*-cloud-*"))
    if not images:
        raise AssertionError(f"no kernel in {PEERS.parent}/boot: ./dev test e2e fetches it")
    return images[-1], PEERS.parent / "lib/modules" / images[-1].name.removeprefix("vmlinuz-") / "kernel"


def write_initramfs(path, modules, files, more_programs):
    archive = Archive(path)
    for folder in ("dev", "proc", "sys", "run", "tmp", "results", "etc"):
        archive.folder(folder)
    archive.file("/init", (ROOT / "tests/e2e/guest_init.sh").read_bytes())
    archive.file("/bin/busybox", (PEERS.parent / "bin/busybox").read_bytes())
    archive.link("/bin/sh", "busybox")
    for number, module in enumerate(MODULES):
        archive.file(f"/modules/{number}.ko", (modules / f"{module}.ko").read_bytes())
    # Busybox's own ip makes no pairs of interfaces.
    programs = {"/bin/fournines": FOURNINES, "/host/ip": pathlib.Path(shutil.which("ip")), **more_programs}
    for name, program in programs.items():
        archive.file(name, program.read_bytes())
    for library in {library for program in programs.values() for library in libraries(program)}:
        archive.file(library, pathlib.Path(library).read_bytes())
    for name, text in files.items():
        archive.file(name, text.encode())
    archive.close()


def run_guest(folder, files, seconds=60, programs=(), options=(), append="cgroup_no_v1=all"):
    """Boots the guest with these files in it, and programs with their libraries; waits for its end. append
    is for the kernel. Returns ({path: text} of /results, console)."""
    folder = pathlib.Path(folder)
    image, modules = kernel()
    write_initramfs(folder / "initramfs", modules, files, dict(programs))
    for name, size in (("disk", DISK_BYTES), ("results", RESULTS_BYTES)):
        with open(folder / name, "wb") as disk:
            disk.truncate(size)
    guest = Process(
        ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-cpu", "max", "-m", "512", "-smp", "1",
         "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio",
         "-kernel", image, "-initrd", folder / "initramfs",
         "-append", f"console=ttyS0 quiet panic=-1 psi=1 {append}",
         *(argument for name in ("disk", "results") for argument in
           ("-drive", f"file={folder / name},format=raw,if=virtio,cache=unsafe")),
         *options],
        folder, "guest",
    )
    try:
        guest.wait_until(lambda: not guest.running() and guest.popen.returncode == 0, "the guest ends", seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}\n--- console\n{guest.out()[-4000:]}") from None
    finally:
        guest.kill()
    return read_results(folder / "results"), guest.out()


def read_results(path):
    results = {}
    with tarfile.open(path, ignore_zeros=False) as archive:
        for member in archive:
            if member.isfile():
                text = archive.extractfile(member).read().decode("utf-8", "replace")
                results[member.name.removeprefix("./")] = text
    return results
