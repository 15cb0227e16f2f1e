"""The lengths of tokens, which tshark shows and does not compare with what is inside: of those that begin an answer, up to the
first one that has no length."""

ENVCHANGE, ERROR, INFO, LOGINACK = 0xE3, 0xAA, 0xAB, 0xAD
DONES = (0xFD, 0xFE, 0xFF)
TEXTS = (1, 2, 3, 4, 5, 6, 13, 19)  # kinds of ENVCHANGE whose values are texts
BYTES = (7, 8, 9, 10, 11, 12, 16, 17, 18)


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def skip(self, size):
        self.at += size

    def number(self, size):
        self.skip(size)
        return int.from_bytes(self.data[self.at - size : self.at], "little")

    def text(self, size=1):
        self.skip(2 * self.number(size))


def inside(token, body, wide):
    """How long the contents of a token are; None where that is not known here."""
    reader = Reader(body)
    if token in (ERROR, INFO):
        reader.skip(6)
        reader.text(2)
        reader.text()
        reader.text()
        reader.skip(4 if wide else 2)
    elif token == LOGINACK:
        reader.skip(5)
        reader.text()
        reader.skip(4)
    else:
        kind = reader.number(1)
        if kind not in TEXTS + BYTES:
            return None
        for _ in range(2):
            reader.text() if kind in TEXTS else reader.skip(reader.number(1))
    return reader.at


def problems_of(answer, wide):
    at = 0
    while at < len(answer):
        token = answer[at]
        if token in DONES:
            at += 13 if wide else 9
            continue
        if token not in (ENVCHANGE, ERROR, INFO, LOGINACK):
            return
        said = int.from_bytes(answer[at + 1 : at + 3], "little")
        found = inside(token, answer[at + 3 :], wide)
        if found not in (None, said):
            yield f"token 0x{token:02x} says that it has {said} bytes, and has {found}"
            return
        at += 3 + said


def judge(said):
    """What is wrong with the answers of one conversation, or session of MARS."""
    login = next((piece.data for by_server, piece in said if not by_server and piece.data[0] == 0x10), bytes(16))
    version = int.from_bytes(login[12:16], "little")
    wide = version >> 24 >= 0x72 or version == 0x08000000
    answer, problems = b"", []
    for by_server, piece in said:
        if by_server:
            answer += piece.data[8:]
            if piece.data[1] & 1:
                problems += problems_of(answer, wide)
                answer = b""
    return problems
