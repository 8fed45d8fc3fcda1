"""A server of ndt7 that shares no code with the house: Python's own sockets, the frames
of RFC 6455 and the paths and measurements of the protocol, each written out here.

    ndt7_server.py [--rate OCTETS_PER_SECOND] [--busy] [--none]

Prints its port, and for each test that ends one line of JSON: what it has sent or taken,
in messages and in octets, and what the client has said last. --busy answers 503 with
Retry-After, --none answers 404.
"""

import argparse
import base64
import hashlib
import json
import os
import select
import socket
import struct
import threading
import time

asked = argparse.ArgumentParser()
asked.add_argument("--rate", type=int, default=0)
asked.add_argument("--busy", action="store_true")
asked.add_argument("--none", action="store_true")
# Microseconds that a client may be told for the shortest round trip.
asked.add_argument("--rtt", type=int, default=0)
# One message of so many octets first, as large as the protocol allows.
asked.add_argument("--large", type=int, default=0)
asked = asked.parse_args()

SUBPROTOCOL = "net.measurementlab.ndt.v7"
NOISE = os.urandom(1 << 16)


def frame(opcode, body):
    head = bytes([0x80 | opcode])
    if len(body) < 126:
        head += bytes([len(body)])
    elif len(body) < 1 << 16:
        head += bytes([126]) + struct.pack(">H", len(body))
    else:
        head += bytes([127]) + struct.pack(">Q", len(body))
    return head + body


class Gone(Exception):
    pass


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.said = None
        self.octets = 0
        self.messages = 0
        self.closed = False
        self.began = time.monotonic()

    def exactly(self, count):
        some = b""
        while len(some) < count:
            more = self.sock.recv(count - len(some))
            if not more:
                raise Gone
            some += more
        return some

    def hear(self, counts):
        """One frame: every one of a client has to be masked."""
        first, second = self.exactly(2)
        opcode, masked, length = first & 0x0F, second & 0x80, second & 0x7F
        assert masked, "a client has to mask"
        assert first & 0x70 == 0, "no extension was agreed on"
        if length == 126:
            (length,) = struct.unpack(">H", self.exactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.exactly(8))
        mask = self.exactly(4)
        assert length <= 1 << 24, "longer than the protocol allows"
        if opcode == 2:
            assert counts, "a client sends nothing while it downloads"
            assert length >= 1 << 10, "shorter than the protocol allows"
            left = length
            while left:
                some = self.exactly(min(left, 1 << 16))
                left -= len(some)
                if asked.rate:
                    slow(self.began, self.octets + length - left)
            self.octets += length
            self.messages += 1
            return
        body = bytes(octet ^ mask[n % 4] for n, octet in enumerate(self.exactly(length)))
        if opcode == 1:
            self.said = json.loads(body)
        elif opcode == 8:
            self.closed = True
        else:
            assert opcode in (9, 10), f"opcode {opcode}"

    def waits(self, seconds=0.0):
        return bool(select.select([self.sock], [], [], seconds)[0])

    def tell(self, test):
        said = {
            "AppInfo": {"ElapsedTime": self.elapsed(), "NumBytes": self.octets},
            "ConnectionInfo": {"Client": "", "Server": "", "UUID": "asing"},
            "Origin": "server",
            "Test": test,
        }
        if asked.rtt:
            said["TCPInfo"] = {"MinRTT": asked.rtt, "ElapsedTime": self.elapsed()}
        self.sock.sendall(frame(1, json.dumps(said).encode()))

    def elapsed(self):
        return int((time.monotonic() - self.began) * 1e6)


def slow(began, octets):
    ahead = octets / asked.rate - (time.monotonic() - began)
    if ahead > 0:
        time.sleep(ahead)


def download(client):
    size, told = 1 << 13, time.monotonic()
    if asked.large:
        size = asked.large
    while time.monotonic() - client.began < 10 and not client.closed:
        while client.waits():
            client.hear(False)
            if client.closed:
                return
        if time.monotonic() - told > 0.25:
            told = time.monotonic()
            client.tell("download")
        body = (NOISE * (size // len(NOISE) + 1))[:size]
        client.sock.sendall(frame(2, body))
        client.octets += size
        client.messages += 1
        if asked.large:
            size = 1 << 13
        elif size < 1 << 20 and size < client.octets / 16:
            size *= 2
        if asked.rate:
            slow(client.began, client.octets)


def upload(client):
    told = time.monotonic()
    while time.monotonic() - client.began < 10 and not client.closed:
        if client.waits(0.05):
            client.hear(True)
        if time.monotonic() - told > 0.1:
            told = time.monotonic()
            client.tell("upload")


def serve(sock):
    request = b""
    while b"\r\n\r\n" not in request:
        more = sock.recv(4096)
        if not more:
            return
        request += more
    lines = request.split(b"\r\n\r\n")[0].decode().split("\r\n")
    method, path, _ = lines[0].split(" ")
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
    if asked.busy or asked.none:
        status = "503 Service Unavailable\r\nRetry-After: 7" if asked.busy else "404 Not Found"
        sock.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        print(json.dumps({"path": path, "refused": True}), flush=True)
        return
    assert method == "GET" and headers["sec-websocket-protocol"] == SUBPROTOCOL, headers
    assert headers["sec-websocket-version"] == "13" and headers["upgrade"].lower() == "websocket", headers
    guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1((headers["sec-websocket-key"] + guid).encode()).digest()).decode()
    sock.sendall(
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
        ).encode()
    )
    client = Client(sock)
    how = {"/ndt/v7/download": download, "/ndt/v7/upload": upload}[path]
    broke, within = None, None
    try:
        how(client)
        # What comes behind the end counts for nothing.
        within = {"octets": client.octets, "us": client.elapsed()}
        if not client.closed:
            sock.sendall(frame(8, struct.pack(">H", 1000)))
            sock.settimeout(2)
            while not client.closed:
                client.hear(True)
        else:
            sock.sendall(frame(8, struct.pack(">H", 1000)))
    except (Gone, OSError) as error:
        broke = repr(error)
    print(
        json.dumps(
            {
                "path": path,
                "octets": client.octets,
                "within": within,
                "messages": client.messages,
                "us": client.elapsed(),
                "closed": client.closed,
                "broke": broke,
                "said": client.said,
            }
        ),
        flush=True,
    )


def each(sock):
    with sock:
        serve(sock)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    taken, _ = listener.accept()
    threading.Thread(target=each, args=(taken,), daemon=True).start()
