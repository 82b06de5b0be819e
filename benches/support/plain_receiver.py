"""A webhook receiver as one writes it in Python in five minutes.

Parses the JSON, answers 200, keeps nothing; it does not even start the thread
per alert that the first tool had. `tuned` adds what a second look
adds: a thread per connection, connections that stay open, a longer queue, one
packet per answer. Prints the port it listens on.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer


class Plain(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            alerts = json.loads(body).get("alerts", [])
        except ValueError:
            self.answer(400)
            return
        self.answer(200)
        self.server.seen += sum(1 for alert in alerts if alert.get("status") == "firing")

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


class Tuned(Plain):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


class TunedServer(ThreadingHTTPServer):
    request_queue_size = 128


tuned = sys.argv[1:] == ["tuned"]
server = (TunedServer if tuned else HTTPServer)(("127.0.0.1", 0), Tuned if tuned else Plain)
server.seen = 0
print(server.server_port, flush=True)
server.serve_forever()
