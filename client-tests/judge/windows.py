"""Windows of SMP: whether the server sent no more than a client had room for, and whether that was ever put to the test."""

DATA, INITIAL = 0x08, 4


class Session:
    def __init__(self):
        self.room = INITIAL   # the last sequence number that the client will take
        self.sent = 0
        self.full = False     # the room was used up, and more was sent when there was some again


def judge(said):
    """(problems, whether a window was ever full and the server waited)."""
    sessions, problems, waited = {}, [], False
    for by_server, piece in said:
        if piece.kind != "smp":
            continue
        flag, sequence, window = piece.data[1], *(int.from_bytes(piece.data[at : at + 4], "little") for at in (8, 12))
        session = sessions.setdefault(piece.session, Session())
        if not by_server:
            session.room = max(session.room, window)
        elif flag & DATA:
            if sequence != session.sent + 1:
                problems.append(f"SMP session {piece.session}: packet {sequence} behind {session.sent}")
            if sequence > session.room:
                problems.append(f"SMP session {piece.session}: packet {sequence} for a client with room up to {session.room}")
            waited = waited or session.full
            session.sent, session.full = sequence, sequence == session.room
    return problems, waited
