#!/usr/bin/env python3
"""Speaks Frame Relay through a longwire session whose attachment is a pair of Unix datagram sockets.

    frame_relay_socket.py OURS THEIRS DLCI ADDRESS

OURS is the session's `attach.peer`, THEIRS its `attach.socket`. Asks by Inverse ARP (RFC 2390) which
address is behind the circuit, answers the same question, and shows every frame that comes.
"""
import os
import socket
import struct
import sys

ours, theirs, dlci, address = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]

# A Q.922 address of two octets: DLCI 6 | C/R | EA 0, DLCI 4 | FECN | BECN | DE | EA 1.
q922 = bytes([(dlci >> 4) << 2, (dlci & 15) << 4 | 1])
INVERSE_ARP = bytes.fromhex("0300800000000806")  # UI, pad, NLPID SNAP, OUI 0, EtherType ARP
REQUEST, REPLY = 8, 9


def inverse_arp(operation, hardware=b"\0\0", protocol=b"\0\0\0\0"):
    fixed = struct.pack("!HHBBH", 15, 0x0800, 2, 4, operation)
    return q922 + INVERSE_ARP + fixed + q922 + socket.inet_aton(address) + hardware + protocol


if os.path.exists(ours):
    os.unlink(ours)
circuit = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
circuit.bind(ours)
circuit.sendto(inverse_arp(REQUEST), theirs)
while True:
    frame = circuit.recv(10_000)
    if frame[2:10] != INVERSE_ARP:
        print(f"{len(frame)} octets: {frame.hex(' ')}", flush=True)
        continue
    operation = struct.unpack("!H", frame[16:18])[0]
    hardware, asker = frame[18:20], frame[20:24]
    if operation == REQUEST:
        circuit.sendto(inverse_arp(REPLY, hardware, asker), theirs)
    else:
        print(f"DLCI {dlci} leads to {socket.inet_ntoa(asker)}", flush=True)
