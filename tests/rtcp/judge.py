#!/usr/bin/python3
"""Reads the packets of samples.c with aiortc and compares; 77 (skipped) without aiortc."""
import subprocess
import sys

try:
    from aiortc import rtp
except ImportError:
    sys.exit(77)


def one(data):
    packets = rtp.RtcpPacket.parse(data)
    assert len(packets) == 1, packets
    return packets[0]


def judge_sr(data):
    p = one(data)
    s, r = p.sender_info, p.reports[0]
    return [p.ssrc, s.ntp_timestamp, s.rtp_timestamp, s.packet_count, s.octet_count, r.ssrc,
            r.fraction_lost, r.packets_lost, r.highest_sequence, r.jitter, r.lsr, r.dlsr]


def judge_nack(data):
    p = one(data)
    assert (p.fmt, p.ssrc, p.media_ssrc) == (1, 11, 22)
    return p.lost


def judge_remb(data):
    p = one(data)
    assert (p.fmt, p.ssrc, p.media_ssrc) == (15, 11, 0)
    bitrate, ssrcs = rtp.unpack_remb_fci(p.fci)
    return [bitrate, *ssrcs]


def judge_sdes(data):
    chunk = one(data).chunks[0]
    assert chunk.items[0][0] == 1
    return [chunk.ssrc, *chunk.items[0][1].decode().split()]


def judge_bye(data):
    return one(data).sources


def judge_pli(data):
    p = one(data)
    assert (p.fmt, p.ssrc) == (1, 11)
    return [p.media_ssrc]


def judge_rtp(data):
    p = rtp.RtpPacket.parse(data)
    profile = int.from_bytes(data[12:14], "big")
    length = int.from_bytes(data[14:16], "big") * 4
    ext = dict(rtp.unpack_header_extensions(profile, data[16:16 + length]))
    return [p.marker, p.payload_type, p.sequence_number, p.timestamp, p.ssrc,
            int.from_bytes(p.payload, "big"), ext[1].decode(), ext.get(2, b"-").decode()]


JUDGES = {"sr": judge_sr, "nack": judge_nack, "remb": judge_remb, "sdes": judge_sdes,
          "bye": judge_bye, "pli": judge_pli, "rtp": judge_rtp}

lines = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout
count = 0
for line in lines.splitlines():
    kind, hexed, *want = line.split()
    found = [str(v) for v in JUDGES[kind](bytes.fromhex(hexed))]
    if found != want:
        sys.exit(f"{kind} {hexed}: found {found}, wanted {want}")
    count += 1
print(f"{count} packets agree")
sys.exit(0 if count >= 50 * len(JUDGES) else 1)
