"""What a delivery status notification (RFC 3464, RFC 6533) says in the end of our one recipient."""

import re
from email.parser import HeaderParser
from email.policy import compat32

from digest.delivery.mail_parts import Mail, enclosed, fields_of
from digest.delivery.suppression import Failure, points
from digest.text import clean_line, clip

MAX_TEXT = 300
_MAX_BLOCKS = 20
TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ENHANCED = r"([45]\.\d{1,3}\.\d{1,3})(?![.\d])"
_STATUS = re.compile(rf"(?<![.\d]){_ENHANCED}", re.ASCII)
# "550 5.1.1 no such user", "550-5.1.1 no ..."
_REPLY = re.compile(rf"(?<![\w.])([45]\d\d)(?:[ -]+{_ENHANCED}|(?![.\d]))", re.ASCII)
# "550 sorry, no mailbox here by that name (#5.1.1)"
_BEHIND = re.compile(rf"\(#?{_ENHANCED}\)", re.ASCII)
_HEADERS = HeaderParser(policy=compat32)


def read_status(part: Mail) -> tuple[Failure | None, str]:
    """Return the failure a delivery-status part tells of, and the words for it.

    No failure, if the mail is only late, or came through to anybody: an address may stand for
    several people. Of several failures the one that counts least against the address.
    """
    blocks = [block for block in _blocks(part) if block.get("action") or block.get("status")]
    actions = [_action(block) for block in blocks]
    failed = [
        (_failure(block), _text(block))
        for block, action in zip(blocks, actions, strict=True)
        if action == "failed"
    ]
    if not failed or any(action == "done" for action in actions):
        return None, "; ".join(filter(None, map(_text, blocks[:1])))
    return min(failed, key=lambda each: points(each[0]))


def codes_in(words: str) -> Failure:
    """Return the first codes of a server's reply that stand somewhere in a text."""
    reply, behind = _REPLY.search(words), _BEHIND.search(words)
    enhanced = (reply and reply[2]) or (behind and behind[1]) or None
    return Failure(enhanced, int(reply[1]) if reply else None)


def _blocks(part: Mail) -> list[dict[str, str]]:
    blocks: list[dict[str, str]] = []
    for block in enclosed(part)[:_MAX_BLOCKS]:
        blocks.append(dict(fields_of(block)))
        # The parser knows of the blocks of the older type alone.
        rest = block.get_payload()
        if isinstance(rest, str):
            paragraphs = re.split(r"\r?\n[ \t]*\r?\n", rest)[:_MAX_BLOCKS]
            blocks += [dict(fields_of(_HEADERS.parsestr(each.lstrip()))) for each in paragraphs]
    return blocks


def _action(block: dict[str, str]) -> str:
    """Return failed, done or waiting."""
    action = block.get("action", "").strip().lower()
    if action.startswith(("fail", "error")):  # some say error
        return "failed"
    if action.startswith(("deliver", "relay", "expand")):
        return "done"
    is_final = not action and block.get("status", "").strip().startswith("5")
    return "failed" if is_final else "waiting"


def _failure(block: dict[str, str]) -> Failure:
    """Return the codes, the remote server's own before what the reporting one made of them."""
    status = _STATUS.search(block.get("status", ""))
    own = status[1] if status else None
    remote = codes_in(clean_line(block.get("diagnostic-code", "")))
    is_vague = own is None or own.endswith(".0.0")
    if remote.enhanced and (is_vague or (own and own[0] == remote.enhanced[0])):
        return remote
    if is_vague and remote.code:
        return Failure(own if own and own[0] == str(remote.code)[0] else None, remote.code)
    return Failure(own, remote.code if own and str(remote.code or "")[:1] == own[0] else None)


def _text(block: dict[str, str]) -> str:
    said = block.get("diagnostic-code") or block.get("status", "")
    return clip(clean_line(said), MAX_TEXT)
