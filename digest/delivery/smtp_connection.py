"""One mail after another over a greeted connection, each with a verdict that is never a guess.

One mail is one transaction with one recipient. Whatever breaks before the line that ends the data
is certainly not accepted; whatever breaks after it is uncertain, and only that. Where the server
takes commands in groups, a mail's end and the next one's envelope leave together, and a mail costs
one round trip.
"""

import asyncio
from dataclasses import replace

from digest.delivery.line_ends import on_the_wire
from digest.delivery.replies import (
    GOING_AWAY,
    NO,
    NOT_NOW,
    YES,
    verdict_of_break,
    verdict_of_reply,
)
from digest.delivery.smtp_envelope import Envelope, Features, envelope_of
from digest.delivery.smtp_exchange import Exchange, answered, begin, exchange, leaves_doubt
from digest.delivery.smtp_line import BrokenLineError, Line
from digest.delivery.smtp_settings import SmtpSettings
from digest.delivery.transports import Arm, Following, OutgoingMail, StillArmed
from digest.model.deliveries import Outcome, Stage, Verdict

_END = b".\r\n"
_GOODBYE = 2.0  # seconds to wait for the answer to QUIT


class SmtpConnection:
    """A greeted server. `mails` counts those it has answered for.

    A verdict UNREACHABLE at the stage MAIL with `mails` above 0 says little about the server: it
    hangs up on idle connections without telling, and a new one may do.
    """

    def __init__(self, line: Line, features: Features, settings: SmtpSettings, note: str) -> None:
        self.mails = 0
        self.features = features
        self._line = line
        self._settings = settings
        self._note = note
        self._begun: tuple[OutgoingMail, Envelope] | None = None
        self._needs_reset = False
        self._loop = asyncio.get_running_loop()
        self._renew_at = self._loop.time() + settings.seconds_per_connection

    @property
    def is_usable(self) -> bool:
        """Tell whether another mail may go over it; False for ever after any doubt."""
        if self._begun is not None:
            return self._line.is_open
        return self._line.is_open and not self._line.has_unread and not self._is_used_up(0)

    async def send(
        self, mail: OutgoingMail, arm: Arm, still_armed: StillArmed, following: Following
    ) -> Verdict:
        """Hand over one mail and say how it ended."""
        try:
            verdict = await self._transact(mail, arm, still_armed, following)
        except BaseException:
            # Half way through a mail; even an interrupt must not leave that behind.
            self._line.drop()
            raise
        if self._note:
            return replace(verdict, text=f"{verdict.text} ({self._note})")
        return verdict

    async def close(self) -> None:
        """Say goodbye if that can be done quickly. Safe to call twice."""
        try:
            if self._begun is None and self._line.is_silent():
                await self._line.ask(b"QUIT\r\n", _GOODBYE)
        except BrokenLineError:
            pass  # It was not going to be used again anyway.
        finally:
            self._line.close()

    async def _transact(
        self, mail: OutgoingMail, arm: Arm, still_armed: StillArmed, following: Following
    ) -> Verdict:
        timeouts = self._settings.timeouts
        until = self._loop.time() + timeouts.transaction
        envelope = await self._introduce(mail, until)
        if isinstance(envelope, Verdict):
            return envelope
        if not await arm():
            # There is no way back from a 354 but to hang up.
            self._line.drop()
            return Verdict(Outcome.WITHDRAWN, "not armed", stage=Stage.DATA)
        begun = self._next(following)
        body = on_the_wire(mail.message, envelope.line_ends)
        data, end = (
            b"".join((body, _END, *(begun[1].commands if begun else ()))),
            len(body) + len(_END),
        )
        try:
            await self._line.send_guarded(data, end, timeouts.progress, until, still_armed)
        except BrokenLineError as error:
            return self._stopped_in_body(str(error))
        try:
            reply = await self._line.reply(timeouts.end)
        except BrokenLineError as error:
            # The system takes more than it can send. What never left the machine was not accepted.
            never_left = self._line.has_kept_back(len(data) - end)
            return self._broken(Stage.BODY if never_left else Stage.END, str(error))
        if leaves_doubt(reply, self._line.look_ahead(), owed=3 if begun else 0):
            return self._broken(Stage.END, f"out of step: {reply.code} {reply.words}")
        verdict, in_step = answered(Stage.END, reply, (YES, NOT_NOW, NO))
        if in_step:
            self.mails += 1
            self._begun = begun
        else:
            self._line.drop()
        return verdict

    async def _introduce(self, mail: OutgoingMail, until: float) -> Envelope | Verdict:
        """Bring a mail to its 354, or say why it does not get there."""
        timeouts, ahead = self._settings.timeouts, self.features.can_pipeline
        begun, self._begun = self._begun, None
        if begun is None:
            envelope = envelope_of(mail, self.features)
            if isinstance(envelope, Verdict):
                return envelope
            resets, self._needs_reset = self._needs_reset, False
            try:
                await begin(self._line, envelope.commands, timeouts, resets=resets, ahead=ahead)
            except BrokenLineError as error:
                return self._broken(Stage.MAIL, str(error))
        elif begun[0] == mail:
            envelope = begun[1]
        else:
            return self._broken(Stage.MAIL, "another mail had been begun")
        commands = None if ahead else envelope.commands
        result = await exchange(self._line, commands, timeouts, until)
        if result.refusal is not None:
            return await self._refused(result.refusal, result)
        return envelope

    async def _refused(self, refusal: Verdict, result: Exchange) -> Verdict:
        """Leave the line as the next mail needs it."""
        if not result.in_step:
            self._line.drop()
            if refusal.code == GOING_AWAY and refusal.stage is Stage.MAIL and self.mails:
                # It is tired of this connection; what it thinks of a new one it will say there.
                return replace(refusal, outcome=Outcome.UNREACHABLE)
            return refusal
        self.mails += 1
        self._needs_reset = True
        if result.open_for_data:
            await self._end_unwanted_data(result)
        return refusal

    async def _end_unwanted_data(self, result: Exchange) -> None:
        """Get out of a 354 for nobody with nothing; its answer does not matter."""
        if result.has_recipient or self._settings.is_lmtp:  # LMTP answers once for each recipient
            self._line.drop()
            return
        try:
            await self._line.ask(_END, self._settings.timeouts.command)
        except BrokenLineError:
            self._line.drop()

    def _next(self, following: Following) -> tuple[OutgoingMail, Envelope] | None:
        """Return the mail to begin together with the end of this one."""
        if not self.features.can_pipeline or self._is_used_up(1):
            return None
        mail = following()
        envelope = None if mail is None else envelope_of(mail, self.features)
        return (mail, envelope) if mail and isinstance(envelope, Envelope) else None

    def _stopped_in_body(self, problem: str) -> Verdict:
        # Without its last line no server may keep a mail; what it says then can only be a no.
        said = [] if self._line.is_silent() else self._line.look_ahead()
        self._line.drop()
        if said and said[0].kind in {NOT_NOW, NO}:
            return verdict_of_reply(Stage.BODY, said[0].code, said[0].words)
        return verdict_of_break(Stage.BODY, problem)

    def _broken(self, stage: Stage, problem: str) -> Verdict:
        self._line.drop()
        return verdict_of_break(stage, problem)

    def _is_used_up(self, more: int) -> bool:
        settings = self._settings
        return (
            self.mails + more >= settings.mails_per_connection
            or self._loop.time() >= self._renew_at
        )
