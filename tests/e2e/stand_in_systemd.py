"""A message bus of a test's own (a private dbus-daemon) and on it somebody who answers as systemd does about units.

D-Bus as its specification has it, as much as one property of text needs: a message is a fixed head, an array of
header fields and a body, each part aligned to its own size; here always little-endian.
"""

import contextlib
import os
import pathlib
import socket
import struct
import threading

from harness import Process, wait_for

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>"""

CALL, RETURN, ERROR = 1, 2, 3
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE = range(1, 9)
TYPES = {PATH: b"o", REPLY_SERIAL: b"u", SIGNATURE: b"g"}  # all others are s


def align(data, size):
    return data + bytes(-len(data) % size)


def text(value):
    encoded = value.encode()
    return struct.pack("<I", len(encoded)) + encoded + b"\0"


def signature(value):
    return bytes([len(value)]) + value + b"\0"


def message(kind, serial, fields, body=b""):
    array = b""
    for code, value in fields.items():
        array = align(array, 8) + bytes([code]) + signature(TYPES.get(code, b"s"))
        if code == SIGNATURE:
            array += signature(value)
        else:
            array = align(array, 4) + (struct.pack("<I", value) if code == REPLY_SERIAL else text(value))
    head = struct.pack("<cBBBIII", b"l", kind, 0, 1, len(body), serial, len(array))
    return align(head + array, 8) + body


def header_fields(array):
    """{code: value} of those that a call has; all of them are text but the signature."""
    fields, at = {}, 0
    while at < len(array):
        at += -at % 8
        code, kind = array[at], array[at + 2:at + 3]
        at += 4
        if kind == b"g":
            length = array[at]
            fields[code] = array[at + 1:at + 1 + length]
            at += length + 2
            continue
        at += -at % 4
        (number,) = struct.unpack_from("<I", array, at)
        at += 4
        fields[code] = number
        if kind in (b"s", b"o"):
            fields[code] = array[at:at + number].decode()
            at += number + 1
    return fields


class StandInSystemd:
    """units maps unit objects' last part ("nginx_2eservice") to ActiveState; others are inactive, as in systemd.

    since has their ActiveEnterTimestampMonotonic in microseconds, 0 for all others.
    """

    def __init__(self, folder):
        self.units = {}
        self.since = {}
        self.silent = False
        path = pathlib.Path(folder) / "bus.sock"
        config = pathlib.Path(folder) / "bus.conf"
        config.write_text(CONFIG.format(socket=path), encoding="ascii")
        self.address = f"unix:path={path}"
        self.bus = Process(["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile"], folder, "dbus-daemon")
        self.client = socket.socket(socket.AF_UNIX)
        wait_for(lambda: path.exists() and self.client.connect_ex(str(path)) == 0, 10, "the bus listens")
        self.client.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\nBEGIN\r\n")
        while not self.client.recv(1).endswith(b"\n"):
            pass
        self.serial = 0
        driver = {PATH: "/org/freedesktop/DBus", DESTINATION: "org.freedesktop.DBus", INTERFACE: "org.freedesktop.DBus"}
        self.send(CALL, driver | {MEMBER: "Hello"})
        name = align(text("org.freedesktop.systemd1"), 4) + struct.pack("<I", 0)
        self.send(CALL, driver | {MEMBER: "RequestName", SIGNATURE: b"su"}, name)
        self.owned = threading.Event()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        if not self.owned.wait(10):
            raise AssertionError("the name on the bus was not given")

    def send(self, kind, fields, body=b""):
        self.serial += 1
        self.client.sendall(message(kind, self.serial, fields, body))

    def receive(self, size):
        data = self.client.recv(size, socket.MSG_WAITALL)
        if len(data) < size:
            raise OSError("the bus is gone")
        return data

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                _, kind, _, _, length, serial, array = struct.unpack("<cBBBIII", self.receive(16))
                fields = header_fields(self.receive(array + -array % 8)[:array])
                body = self.receive(length)
                if kind == RETURN and fields.get(SIGNATURE) == b"u":
                    self.owned.set()
                if kind == CALL and not self.silent:
                    self.answer(fields, body, serial)

    def answer(self, call, body, serial):
        to = {REPLY_SERIAL: serial, DESTINATION: call[SENDER]}
        _, _, unit = call[PATH].partition("/org/freedesktop/systemd1/unit/")
        if call[MEMBER] != "Get" or not unit:
            self.send(ERROR, to | {ERROR_NAME: "org.freedesktop.DBus.Error.UnknownMethod"})
            return
        if body.endswith(b"ActiveEnterTimestampMonotonic\0"):
            value = align(signature(b"t"), 8) + struct.pack("<Q", self.since.get(unit, 0))
        else:
            value = align(signature(b"s"), 4) + text(self.units.get(unit, "inactive"))
        self.send(RETURN, to | {SIGNATURE: b"v"}, value)

    def kill(self):
        self.bus.kill()
        self.client.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.client.close()
