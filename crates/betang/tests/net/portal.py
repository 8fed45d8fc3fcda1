"""Others who answer in the house's place, on one machine.

    portal.py dns ADDRESS BOOK            names, as BOOK says: {"CLIENT or *": ADDRESS}
    portal.py web ADDRESS:PORT CERT KEY   200 to everything, in the clear and over TLS

Prints a JSON line for each connection of the web: how it began, and what was asked.
"""

import json
import socket
import socketserver
import ssl
import struct
import sys


def dns(address, book):
    """Answers every question for an IPv4 address with the book's, others with nothing."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    print("ready", flush=True)
    while True:
        asked, (client, port) = server.recvfrom(512)
        end = asked.index(0, 12) + 5
        kind = struct.unpack("!H", asked[end - 4:end - 2])[0]
        told = json.load(open(book))
        told = told.get(client, told["*"])
        answer = b""
        if kind == 1:
            answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + socket.inet_aton(told)
        head = asked[:2] + struct.pack("!HHHHH", 0x8580, 1, bool(answer), 0, 0)
        server.sendto(head + asked[12:end] + answer, (client, port))


def web(at, cert, key):
    host, port = at.split(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    page = b"<h1>Selamat datang</h1>"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(page), page)

    class Caller(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.settimeout(30)
            stream, said = self.request, {"tls": False, "asked": None}
            # The second caller that speaks TLS is spoken to in the clear, and so on.
            is_tls = stream.recv(1, socket.MSG_PEEK) == b"\x16"
            Caller.count += 1
            try:
                if is_tls and Caller.count % 2:
                    said["tls"] = True
                    stream = context.wrap_socket(stream, server_side=True)
                said["asked"] = stream.recv(4096).decode(errors="replace")[:40]
                stream.sendall(answer)
            except OSError as error:
                said["error"] = type(error).__name__
            print(json.dumps(said), flush=True)

    Caller.count = 0
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    server = socketserver.ThreadingTCPServer((host, int(port)), Caller)
    print("ready", flush=True)
    server.serve_forever()


{"dns": dns, "web": web}[sys.argv[1]](*sys.argv[2:])
