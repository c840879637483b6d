"""TCP servers whose connections are handled by a function, for what no well-behaved server does."""

import contextlib
import socketserver

from harness import Served


class Raw(Served):
    """A TCP server whose connections are handled by a function; for what no well-behaved server does."""

    def __init__(self, handle):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError):
                    handle(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        super().__init__(Server(("127.0.0.1", 0), Handler))


def echo(connection):
    while data := connection.recv(4096):
        connection.sendall(data)
