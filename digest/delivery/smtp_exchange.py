"""The commands that bring a mail to its 354, asked one by one or all at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.delivery.replies import (
    GO_ON,
    GOING_AWAY,
    NO,
    NOT_NOW,
    YES,
    verdict_of_break,
    verdict_of_reply,
)
from digest.delivery.reply_reader import Reply
from digest.delivery.smtp_envelope import RSET
from digest.delivery.smtp_line import BrokenLineError, Line
from digest.delivery.smtp_settings import Timeouts
from digest.model.deliveries import Outcome, Stage, Verdict

_STAGES = (Stage.MAIL, Stage.RCPT, Stage.DATA)


@dataclass(slots=True)
class Exchange:
    """How an envelope was answered: `refusal` is the first no, None if the mail may follow.

    A line that is `in_step` has answered everything that was said. With a refusal it may still be
    `open_for_data`, as a server that got DATA ahead may give a 354 for nobody; `has_recipient`
    tells whether it would be for somebody.
    """

    refusal: Verdict | None = None
    in_step: bool = True
    open_for_data: bool = False
    has_recipient: bool = False


async def begin(
    line: Line, commands: Sequence[bytes], timeouts: Timeouts, *, resets: bool, ahead: bool
) -> None:
    """Send what may be sent before a reply is read; raises BrokenLineError."""
    data = (RSET if resets else b"") + (b"".join(commands) if ahead else b"")
    if data:
        await line.send(data, timeouts.command)
    if resets and (await line.reply(timeouts.command)).kind != YES:
        raise BrokenLineError("RSET refused")


async def exchange(
    line: Line, commands: Sequence[bytes] | None, timeouts: Timeouts, until: float
) -> Exchange:
    """Return how MAIL, RCPT and DATA were answered; `commands` None were all sent ahead.

    One by one it stops at the first no. Of commands sent ahead every reply is read, as long as
    there are any: they belong to no other mail.
    """
    result = Exchange()
    for number, stage in enumerate(_STAGES):
        patience = timeouts.data if stage is Stage.DATA else timeouts.command
        try:
            if commands:
                await line.send(commands[number], patience)
            reply = await line.reply(patience, until)
        except BrokenLineError as error:
            result.refusal = result.refusal or verdict_of_break(stage, str(error))
            result.in_step = False
            return result
        if reply.kind == (GO_ON if stage is Stage.DATA else YES):
            result.has_recipient |= stage is Stage.RCPT
            result.open_for_data = stage is Stage.DATA
            continue
        verdict, result.in_step = answered(stage, reply, (NOT_NOW, NO))
        if verdict.code is None or result.refusal is None:
            # Out of step, what sounded like a no may have been meant for something else.
            result.refusal = verdict
        if commands or not result.in_step:
            return result
    return result


def answered(stage: Stage, reply: Reply, sensible: Sequence[int]) -> tuple[Verdict, bool]:
    """Return what a reply means, and whether the line is of further use after it."""
    if reply.kind not in sensible:
        problem = f"out of step: {reply.code} {reply.words}"
        return verdict_of_break(stage, problem), False
    verdict = verdict_of_reply(stage, reply.code, reply.words)
    is_over = reply.code == GOING_AWAY or verdict.outcome is Outcome.UNREACHABLE
    return verdict, not is_over


def leaves_doubt(end: Reply, ahead: Sequence[Reply], owed: int) -> bool:
    """Tell whether another reply than this one may have been meant for the end of a mail.

    `ahead` is what was said after it so far, `owed` how many replies the server owes: 3 to the next
    mail's envelope, or none. One of those that comes too early means that one is missing, one too
    many that it may have been the answer - which does not matter if both say the same.
    """
    if owed and any(reply.kind == GO_ON for reply in ahead[: owed - 1]):
        return True
    too_many = ahead[: max(len(ahead) - owed, 0)]
    return any(reply.kind != end.kind and reply.code != GOING_AWAY for reply in too_many)
