"""A frame server of one colour a frame: speaks the protocol, and dies at frame 13 before it answers."""

import json
import sys

DEADLY, UNKNOWN = 13, 99


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin.buffer:
        wish = json.loads(line)
        if "cancel" in wish:
            continue
        if wish["frame"] == DEADLY:
            sys.exit("the film ran out")
        if wish["frame"] == UNKNOWN:
            answer(json.dumps({"id": wish["id"], "error": "there is no such frame"}), b"")
            continue
        width = wish["width"]
        height = max(1, width * 9 // 16)
        rgb = bytes((wish["frame"] % 256, 0, 0)) * (width * height)
        header = {"id": wish["id"], "bytes": len(rgb), "width": width, "height": height, "format": "rgb"}
        answer(json.dumps(header), rgb)


def answer(header: str, body: bytes) -> None:
    """One header line, then the bytes."""
    sys.stdout.buffer.write(header.encode() + b"\n" + body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
