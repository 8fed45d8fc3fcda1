"""An anchor: HTTPS that answers 204, a resolver, and whatever takes TCP, on one address.

    anchor.py ADDRESS NAME CERT KEY            as it should be
    anchor.py ADDRESS NAME CERT KEY STRANGER   a captive portal in its place: 200 to
                                               everything, and every name has that address

Prints a JSON line for everything that was asked, and when.
"""

import json
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time

ADDRESS, NAME, CERT, KEY, *STRANGER = sys.argv[1:]
one = threading.Lock()


def tell(what):
    with one:
        print(json.dumps({"at": time.time(), "what": what}), flush=True)


def dns():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((ADDRESS, 53))
    while True:
        asked, whom = server.recvfrom(512)
        try:
            end = asked.index(0, 12) + 5
            labels, at = [], 12
            while asked[at]:
                labels.append(asked[at + 1:at + 1 + asked[at]].decode())
                at += 1 + asked[at]
            kind = struct.unpack("!H", asked[end - 4:end - 2])[0]
        except (ValueError, IndexError, UnicodeDecodeError):
            continue
        answer = b""
        if kind == 1 and (STRANGER or ".".join(labels) == NAME):
            address = STRANGER[0] if STRANGER else ADDRESS
            answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
        flags = 0x8180 if answer or kind != 1 else 0x8183
        head = asked[:2] + struct.pack("!HHHHH", flags, 1, bool(answer), 0, 0)
        server.sendto(head + asked[12:end] + answer, whom)
        tell("dns")


class Caller(socketserver.BaseRequestHandler):
    """Answers one GET after the other, for as long as its caller likes."""

    def handle(self):
        self.request.settimeout(300)
        try:
            stream = context.wrap_socket(self.request, server_side=True)
        except OSError:
            # Who says nothing wanted to know whether it is taken.
            return tell("tcp")
        heard = b""
        try:
            while True:
                while b"\r\n\r\n" not in heard:
                    more = stream.recv(4096)
                    if not more:
                        return
                    heard += more
                heard = heard.split(b"\r\n\r\n", 1)[1]
                page = b"<h1>Selamat datang</h1>"
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page)
                               if STRANGER else b"HTTP/1.1 204 No Content\r\n\r\n")
                tell("https")
        except OSError:
            pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERT, KEY)
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer.daemon_threads = True
server = socketserver.ThreadingTCPServer((ADDRESS, 443), Caller)
threading.Thread(target=dns, daemon=True).start()
print("ready", flush=True)
server.serve_forever()
