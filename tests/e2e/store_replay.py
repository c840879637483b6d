"""A disk made of recorded system calls: which files a power failure can leave behind at any moment.

Recording.add() reads what strace saw of a program (-f -y -xx, calls of CALLS), such as
  4711 pwrite64(5</state/fournines.db-wal>, "\\x37\\x7f...", 24, 32) = 24
  4711 fdatasync(5</state/fournines.db-wal>) = -1 EIO (Input/output error) (INJECTED)
The model: each file has pages in memory and pages on disk. A write dirties pages; a sync brings the dirty ones to
the disk; a sync that fails makes them clean without writing them, as Linux does. Names are changed in order, and
are certain once the directory was synced. A crash leaves the disk's pages, and of the dirty ones none, all, or some
sectors; and the names as of the last sync, or as of now.
"""

import os
import re

PAGE = 4096
SECTOR = 512

LINE = re.compile(r"^(\d+) +(.*)$")
CALL = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+|\?).*$", re.S)
DESCRIPTOR = re.compile(r"^\d+<(.*?)>")
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class File:
    def __init__(self, data=b""):
        self.memory = bytearray(data)
        self.disk = bytearray(data)
        self.dirty = set()
        self.size_is_dirty = False

    def write(self, data, at):
        if len(self.memory) < at + len(data):
            self.memory.extend(bytes(at + len(data) - len(self.memory)))
            self.size_is_dirty = True
        self.memory[at : at + len(data)] = data
        self.dirty.update(range(at // PAGE, (at + len(data) + PAGE - 1) // PAGE))

    def truncate(self, size):
        self.memory = self.memory[:size] + bytes(max(0, size - len(self.memory)))
        self.dirty = {page for page in self.dirty if page * PAGE < size}
        self.size_is_dirty = True

    def copy_sector(self, target, at):
        sector = self.memory[at : at + SECTOR]
        if len(target) < at + len(sector):
            target.extend(bytes(at + len(sector) - len(target)))
        target[at : at + len(sector)] = sector

    def sync(self, succeeds):
        if succeeds:
            self.disk = self.after_crash(lambda: True)
        self.dirty.clear()
        self.size_is_dirty = False

    def after_crash(self, keep):
        """The file's bytes when keep() decides about each dirty sector."""
        found = bytearray(self.disk)
        if self.size_is_dirty and keep() and len(self.memory) < len(found):
            del found[len(self.memory) :]
        for page in sorted(self.dirty):
            for at in range(page * PAGE, min((page + 1) * PAGE, len(self.memory)), SECTOR):
                if keep():
                    self.copy_sector(found, at)
        return found


class Image:
    def __init__(self, what, files):
        self.what = what
        self.files = files

    def write(self, directory):
        os.makedirs(directory)
        for name, data in self.files.items():
            with open(os.path.join(directory, name), "wb") as out:
                out.write(data)


class Recording:
    CALLS = "pwrite64,write,ftruncate,fdatasync,fsync,unlink,rename,renameat2,openat"

    def __init__(self, directory, acks=()):
        """What is in the directory now is on the disk, and was acknowledged with acks."""
        self.directory = directory
        self.acks = list(acks)
        self.before = {}
        if os.path.isdir(directory):
            for name in os.listdir(directory):
                with open(os.path.join(directory, name), "rb") as file:
                    self.before[name] = file.read()
        self.calls = []
        self.failed_syncs = 0

    def add(self, trace):
        begun = {}
        for line in trace.splitlines():
            pid, text = LINE.match(line).groups()
            if text.endswith("<unfinished ...>"):
                begun[pid] = text.removesuffix("<unfinished ...>").rstrip()
                continue
            resumed = re.match(r"<\.\.\. \w+ resumed>(.*)$", text)
            if resumed:
                text = begun.pop(pid) + resumed.group(1)
            call = CALL.match(text)
            if call:
                name, arguments, result = call.groups()
                self.calls.append((name, arguments, result))
                self.failed_syncs += name in ("fsync", "fdatasync") and result.startswith("-")

    def name_in_directory(self, path):
        folder, name = os.path.split(path)
        return name if folder == self.directory else None

    def crashes(self, chance):
        """(acknowledged so far, Image) for each way to fail at each sync and at the end."""
        acks = list(self.acks)
        files = {number: File(data) for number, data in enumerate(self.before.values())}
        names = {name: number for number, name in enumerate(self.before)}
        durable_names = dict(names)
        for name, arguments, result in [*self.calls, ("end", "", "0")]:
            if name in ("fsync", "fdatasync", "end"):
                yield from self.images(list(acks), names, durable_names, files, chance)
            if result.startswith("-") and name not in ("fsync", "fdatasync"):
                continue
            strings = [bytes.fromhex(s.replace("\\x", "")) for s in STRING.findall(arguments)]
            opened = DESCRIPTOR.match(arguments)
            path = self.name_in_directory(unescape(opened.group(1))) if opened else None
            if name == "openat":
                target = self.name_in_directory(strings[0].decode())
                if target and "O_CREAT" in arguments and target not in names:
                    names[target] = len(files)
                    files[len(files)] = File()
            elif name == "write":
                acks += [int(number) for number in re.findall(rb"^ack (\d+)$", strings[0], re.M)]
            elif name == "pwrite64" and path in names:
                at = int(arguments.rsplit(",", 1)[1])
                files[names[path]].write(strings[0][: int(result)], at)
            elif name == "ftruncate" and path in names:
                files[names[path]].truncate(int(arguments.rsplit(",", 1)[1]))
            elif name in ("fsync", "fdatasync"):
                succeeds = not result.startswith("-")
                if opened and unescape(opened.group(1)) == self.directory:
                    durable_names = dict(names) if succeeds else durable_names
                elif path in names:
                    files[names[path]].sync(succeeds)
            elif name == "unlink":
                names.pop(self.name_in_directory(strings[0].decode()), None)
            elif name in ("rename", "renameat2"):
                source, target = (self.name_in_directory(s.decode()) for s in strings)
                names[target] = names.pop(source)

    def images(self, acks, names, durable_names, files, chance):
        ways = {
            "lost": lambda: False,
            "kept": lambda: True,
            "torn": lambda: chance.random() < 0.5,
            "mostly torn": lambda: chance.random() < 0.1,
        }
        for named, table in {"old names": durable_names, "new names": names}.items():
            if named == "new names" and table == durable_names:
                continue
            for how, keep in ways.items():
                yield acks, Image(f"{how}, {named}", {name: files[i].after_crash(keep) for name, i in table.items()})


def unescape(path):
    return re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(int(match.group(1), 16)), path)
