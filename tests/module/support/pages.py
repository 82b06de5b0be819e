"""What the pages' own tests in Chromium need of a real instance, over HTTP on
loopback: its actions, and a cluster in which backups run."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def _ask(instance, cluster, path, asked):
    if path == "/action":
        task = instance.run(asked["action"], asked["data"])
        return {
            "status": task.status,
            "output": json.loads(task.text) if task.text.strip() else "",
            "error": task.error,
            "progress": task.progress,
        }
    # A run of the plan that has just ended; errors by application.
    now = int(time.time())
    for number, (module, errors) in enumerate(asked["errors"].items()):
        start = now - 120 + number * 60
        cluster.status(module, start, start + 30, errors)
    return {}


@contextlib.contextmanager
def serve(instance, cluster):
    """Gives the address."""
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            # The agent runs one step after another.
            with turn:
                answer = json.dumps(_ask(instance, cluster, self.path, asked)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            """Nobody reads them."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
