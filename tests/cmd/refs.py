"""A server of schemas for tests/cmd/fetch.t, over TLS, on 127.0.0.1.

refs.py CERT KEY LOG: prints its port, and writes a line for each request to
LOG.  Ends when its standard input does.
"""

import http.server
import json
import ssl
import sys
import threading
import time

CERT, KEY, LOG = sys.argv[1:4]
MIB = 1 << 20


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def base(self):
        return "https://127.0.0.1:%d" % self.server.server_address[1]

    def answer(self, body, status=200, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def schema(self, value):
        self.answer(json.dumps(value).encode())

    def lead(self, to):
        self.answer(b"", 302, [("Location", to)])

    def slow(self):
        """A byte now and then, for as long as anyone listens."""
        self.send_response(200)
        self.end_headers()
        for _ in range(600):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.1)

    def large(self, chunked):
        body = b'{"description":"' + b"x" * MIB + b'"}'
        if not chunked:
            self.answer(body)
            return
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(body), 65536):
            part = body[at:at + 65536]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def do_GET(self):
        with open(LOG, "a", encoding="ascii") as log:
            log.write(self.path + "\n")
        name = self.path.split("?")[0]
        if name == "/price.json":
            self.schema({"type": "number", "minimum": 0})
        elif name == "/a.json":
            self.schema({"properties": {"b": {"$ref": "b.json"}}})
        elif name == "/b.json":
            self.schema({"type": "object",
                         "properties": {"a": {"$ref": "/a.json"}}})
        elif name == "/meta.json":
            self.schema({"$schema":
                         "https://json-schema.org/draft/2020-12/schema",
                         "$id": self.base() + "/meta.json",
                         "$vocabulary": {
                             "https://json-schema.org/draft/2020-12/vocab/"
                             "validation": True}})
        elif name.startswith("/chain/"):
            self.schema({"$ref": str(int(name[7:]) + 1)})
        elif name == "/file.json":
            self.schema({"$ref": "file://" + self.path.split("?")[1]})
        elif name == "/wrong.json":
            self.schema({"type": "strin"})
        elif name == "/no.json":
            self.answer(b'{"type": }')
        elif name == "/empty.json":
            self.answer(b"")
        elif name == "/there.json":
            self.lead("/price.json")
        elif name == "/loop.json":
            self.lead("/loop.json")
        elif name == "/http.json":
            self.lead("http://127.0.0.1:1/price.json")
        elif name == "/local.json":
            self.lead("file:///etc/hostname")
        elif name == "/slow.json":
            self.slow()
        elif name == "/large.json":
            self.large(False)
        elif name == "/chunked.json":
            self.large(True)
        elif name == "/busy.json":
            self.answer(b"later", 503)
        else:
            self.answer(b"{}", 404)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(CERT, KEY)
server = Server(("127.0.0.1", 0), Handler)
server.daemon_threads = True
server.socket = tls.wrap_socket(server.socket, server_side=True,
                                do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
