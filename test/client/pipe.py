"""`pipe.py PORT`: standard input and output to a loopback port and back, for clients that want a tunnel command."""

import os
import select
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    while True:
        ready = select.select([0, connection], [], [])[0]
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                break
            connection.sendall(data)
        if connection in ready:
            data = connection.recv(65536)
            if not data:
                break
            os.write(1, data)
