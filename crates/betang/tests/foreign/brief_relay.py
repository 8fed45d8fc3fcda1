"""A network in between that ends whatever lasts longer than a question and its answer.

    brief_relay.py HOST PORT TURNS

Passes octets on between whoever comes and HOST:PORT, reading nothing. A connection is
reset when it wants the caller's turn number TURNS: one begins when the caller says
something after the other side has. Prints the port it listens on, then a line for each
connection: how many turns it had, and whether it was reset.
"""

import json
import selectors
import socket
import struct
import sys
import threading

host, port, turns_max = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)


def reset(*streams):
    for stream in streams:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.close()


def carry(caller):
    try:
        house = socket.create_connection((host, port))
    except OSError:
        return reset(caller)
    turns, speaks, is_reset = 0, None, False
    both = selectors.DefaultSelector()
    for stream in (caller, house):
        both.register(stream, selectors.EVENT_READ)
    while not is_reset:
        try:
            for key, _ in both.select():
                octets = key.fileobj.recv(65536)
                if not octets:
                    caller.close()
                    house.close()
                    print(json.dumps({"turns": turns, "reset": False}), flush=True)
                    return
                if key.fileobj is caller and speaks is not caller:
                    turns += 1
                    is_reset = turns >= turns_max
                speaks = key.fileobj
                if not is_reset:
                    (house if speaks is caller else caller).sendall(octets)
        except OSError:
            break
    reset(caller, house)
    print(json.dumps({"turns": turns, "reset": is_reset}), flush=True)


while True:
    threading.Thread(target=carry, args=(listener.accept()[0],), daemon=True).start()
