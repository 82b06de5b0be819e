"""A mail server that keeps what it gets, for the Robot suite: any Python from 3.9 on,
nothing but its own library.

    sink.py FOLDER PORT

Listens on loopback; with port 0 on a free one. The first line that it prints is the
port. Each message becomes FOLDER/<n>.eml when it came in whole.
"""

import itertools
import os
import pathlib
import socketserver
import sys
import tempfile

# A client that says nothing is left alone after so many seconds.
PATIENCE = 60
LONGEST_LINE = 65536
LARGEST = 32 * 1024 * 1024
ANSWERS = {b"QUIT": "221 bye", b"DATA": "354 go on", b"STARTTLS": "502 not here", b"AUTH": "502 not here"}


class Session(socketserver.StreamRequestHandler):
    timeout = PATIENCE

    def handle(self):
        self.say("220 sink")
        while True:
            words = self.rfile.readline(LONGEST_LINE).split()
            if not words:
                return
            verb = words[0].upper()
            self.say(ANSWERS.get(verb, "250 ok"))
            if verb == b"QUIT" or (verb == b"DATA" and not self.take()):
                return

    def say(self, answer):
        self.wfile.write(f"{answer}\r\n".encode())

    def take(self):
        """Keeps a message; says whether it came in whole."""
        message = bytearray()
        while (line := self.rfile.readline(LONGEST_LINE)) != b".\r\n":
            if not line.endswith(b"\n") or len(message) > LARGEST:
                return False
            # A dot at the beginning of a line was doubled on the way.
            message += line[1:] if line.startswith(b".") else line
        self.server.keep(message)
        self.say("250 kept")
        return True


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, folder, port):
        super().__init__(("127.0.0.1", port), Session)
        self.folder = folder
        self.numbers = itertools.count(1)

    def keep(self, message):
        # Whoever counts the files counts whole ones.
        handle, half = tempfile.mkstemp(dir=self.folder.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(message)
        os.replace(half, self.folder / f"{next(self.numbers)}.eml")


def main():
    folder, port = pathlib.Path(sys.argv[1]).absolute(), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with Sink(folder, port) as sink:
        print(sink.server_address[1], flush=True)
        sink.serve_forever()


if __name__ == "__main__":
    main()
