"""Format=flowed (RFC 3676): lines that end in a space go on in the next one."""


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Join flowed lines, undo space stuffing; quotes keep their depth as `>` marks, `-- ` never flows."""
    out: list[str] = []
    flowing: list[str] | None = None
    depth_before = 0
    for line in text.split("\n"):
        depth, line = _depth(line)
        line = line.removeprefix(" ")
        is_signature = line == "-- "
        if flowing is not None and (depth != depth_before or is_signature):
            out.append(_quoted(depth_before, "".join(flowing).rstrip()))
            flowing = None
        flows = line.endswith(" ") and not is_signature
        if flows and delete_space:
            line = line[:-1]
        if flowing is not None:
            flowing.append(line)
        if flows:
            flowing = [line] if flowing is None else flowing
        elif flowing is not None:
            out.append(_quoted(depth, "".join(flowing)))
            flowing = None
        else:
            out.append(_quoted(depth, line))
        depth_before = depth
    if flowing is not None:
        out.append(_quoted(depth_before, "".join(flowing).rstrip()))
    return "\n".join(out)


def _depth(line: str) -> tuple[int, str]:
    rest = line.lstrip(">")
    return len(line) - len(rest), rest


def _quoted(depth: int, line: str) -> str:
    return f"{'>' * depth} {line}" if depth else line
