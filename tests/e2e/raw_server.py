"""TCP servers whose connections are handled by a function, for what no well-behaved server does."""

import contextlib
import socketserver
import threading


class Raw:
    """A TCP server whose connections are handled by a function; for what no well-behaved server does."""

    def __init__(self, handle):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError):
                    handle(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def kill(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def echo(connection):
    while data := connection.recv(4096):
        connection.sendall(data)
