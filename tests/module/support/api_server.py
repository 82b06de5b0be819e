"""A stand-in for the api-server of NS8 with its cluster agent: login, tasks and
their status, for the one action that the service runs."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ApiServer(ThreadingHTTPServer):
    """Knows one account, and whether it has the role."""

    def __init__(self, user, password, snapshots):
        super().__init__(("127.0.0.1", 0), Handler)
        self.account = {"username": user, "password": password}
        self.snapshots = snapshots
        self.granted = True
        self.logins, self.asked = 0, []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def log_message(self, *_):
        """Not on the terminal."""

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/api/login":
            good = body == self.server.account
            self.server.logins += good
            token = {"code": 200, "expire": "2035-01-01T00:00:00Z", "token": "jwt"}
            self.answer(200, token) if good else self.answer(401, {"code": 401})
        elif self.headers.get("Authorization") != "Bearer jwt":
            self.answer(401, {"code": 401})
        elif not self.server.granted:
            self.answer(403, {"code": 403, "data": None, "message": "forbidden"})
        else:
            self.server.asked.append((body["action"], body["data"]["path"]))
            self.answer(201, {"code": 201, "data": {"id": str(len(self.server.asked))}})

    def do_GET(self):
        output = self.server.snapshots
        done = {"error": "", "output": output, "exit_code": 0, "file": ""}
        self.answer(200, {"code": 200, "data": done})


@contextlib.contextmanager
def serve(user, password, snapshots):
    """The server, while the block lasts."""
    server = ApiServer(user, password, snapshots)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
