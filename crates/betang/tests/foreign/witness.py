#!/usr/bin/env python3
"""A witness who trusts nothing of the house but the key he once wrote down.

    witness.py OLD.checkpoint NAME+HASH+KEY URL TOKEN

Takes the newest checkpoint and every tile from the house, checks both notes with openssl,
makes both roots again from the leaves, and each level of tiles from the one below. Written
from RFC 6962, C2SP signed-note, tlog-checkpoint and tlog-tiles; shares nothing with the
house. Ends with 0 if the old log is how the new one begins, 1 if it is not, 3 if a note
cannot be believed.
"""

import base64
import hashlib
import subprocess
import sys
import tempfile
import urllib.request


def sha(octets):
    return hashlib.sha256(octets).digest()


def root(hashes):
    """MTH of RFC 6962, its leaves hashed already."""
    if not hashes:
        return sha(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha(b"\x01" + root(hashes[:k]) + root(hashes[k:]))


def end(code, text):
    print(text)
    sys.exit(code)


def believed(note, verifier):
    """Origin, size and root of a note that the key has signed."""
    name, number, packed = verifier.split("+", 2)
    key = base64.b64decode(packed, validate=True)
    if key[0] != 1 or len(key) != 33 or sha(name.encode() + b"\n" + key)[:4].hex() != number:
        end(3, "this is no verifier key")
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    for line in signatures.splitlines():
        dash, by, signature = line.split(" ")
        signature = base64.b64decode(signature, validate=True)
        if dash == "—" and by == name and signature[:4].hex() == number:
            break
    else:
        end(3, "not signed by that key")
    # SubjectPublicKeyInfo of RFC 8410.
    der = bytes.fromhex("302a300506032b6570032100") + key[1:]
    with tempfile.TemporaryDirectory() as folder:
        for part, octets in [("key", der), ("text", text.encode()), ("signature", signature[4:])]:
            with open(f"{folder}/{part}", "wb") as file:
                file.write(octets)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER"]
            + ["-inkey", f"{folder}/key", "-in", f"{folder}/text"]
            + ["-sigfile", f"{folder}/signature"],
            capture_output=True,
            check=False,
        )
    if done.returncode != 0:
        end(3, "the signature does not fit")
    origin, size, head = text.splitlines()[:3]
    return origin, int(size), base64.b64decode(head, validate=True)


def main():
    file, verifier, url, token = sys.argv[1:]

    def get(path):
        asked = urllib.request.Request(f"{url}/api/v1/audit/{path}")
        asked.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.read()

    with open(file, encoding="utf-8", newline="") as opened:
        origin, old_size, old_root = believed(opened.read(), verifier)
    new_origin, size, new_root = believed(get("checkpoint").decode(), verifier)
    if origin != new_origin:
        end(3, "another log")

    def level(number):
        """All hashes of a level of tiles."""
        count = size >> (8 * number)
        hashes = []
        for n in range((count + 255) // 256):
            digits = f"{n:03}" if n < 1000 else f"x{n // 1000:03}/{n % 1000:03}"
            width = min(256, count - 256 * n)
            octets = get(f"tile/{number}/{digits}" + (f".p/{width}" if width < 256 else ""))
            if len(octets) != 32 * width:
                end(1, "a tile is not as wide as it should be")
            hashes += [octets[i : i + 32] for i in range(0, len(octets), 32)]
        return hashes

    leaves = level(0)
    below, number = leaves, 1
    while size >> (8 * number):
        above = level(number)
        for n, told in enumerate(above):
            if root(below[256 * n : 256 * n + 256]) != told:
                end(1, f"tile level {number} is not made of the one below")
        below, number = above, number + 1
    if root(leaves) != new_root:
        end(1, "the tiles are not those of the newest checkpoint")
    if old_size > size:
        end(1, f"SHORTER: {old_size} then, {size} now")
    if root(leaves[:old_size]) != old_root:
        end(1, f"REWRITTEN within the first {old_size}")
    end(0, f"holds: {old_size} of {size}, {number} levels of tiles")


main()
