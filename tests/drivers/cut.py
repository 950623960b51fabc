#!/usr/bin/env python3
"""Between a client and PostgreSQL: loses the answer to one statement.

usage: cut.py LISTEN SERVER WORD    (folders of unix sockets)

Passes bytes on.  When a client has sent WORD for the first time, and the
server has answered, the answer is thrown away and both sides are closed, as
by a network that fails between a COMMIT and its answer.  Prints "cut" then.
"""
import os
import select
import socket
import sys
import time

NAME = ".s.PGSQL.5432"


def main():
    listen, server, word = sys.argv[1], sys.argv[2], sys.argv[3].encode()
    own = socket.socket(socket.AF_UNIX)
    own.bind(os.path.join(listen, NAME))
    os.chmod(os.path.join(listen, NAME), 0o777)
    own.listen()
    pairs, seen, armed = {}, {}, None
    while True:
        for s in select.select([own] + list(pairs), [], [])[0]:
            if s is own:
                client = own.accept()[0]
                peer = socket.socket(socket.AF_UNIX)
                peer.connect(os.path.join(server, NAME))
                pairs[client], pairs[peer] = peer, client
                seen[client] = b""
                continue
            if s not in pairs:
                continue
            data = s.recv(1 << 16)
            if s is armed and data:
                # Until the server waits again: it has committed then.
                while data[-6:] != b"Z\0\0\0\5I":
                    data += s.recv(1 << 16)
                data = b""
                word = None
                print("cut", flush=True)
            if not data:
                armed = None if s is armed else armed
                other = pairs.pop(s)
                pairs.pop(other, None)
                s.close()
                other.close()
                continue
            if s in seen and word is not None:
                seen[s] = seen[s][-len(word):] + data
                if word in seen[s]:
                    armed = pairs[s]
            pairs[s].sendall(data)


main()
