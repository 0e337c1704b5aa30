"""The digests a reader had, as a program reads them."""

from datetime import date

from digest.model.deliveries import Delivery
from digest.model.receipts import Choice
from digest.pipeline.receipt import is_out
from digest.store import digests, papers, receipts
from digest.web.api.endpoint import Call, Endpoint, Json, Parameter
from digest.web.api.papers import LIMIT, limit_of
from digest.web.api.problems import Refusal
from digest.web.api.schemas import DATE, ref
from digest.web.api.shown import choice_as_json, entries_as_json


def list_digests(call: Call) -> Json:
    """Return a reader's digests, newest first; days without any are left out."""
    limit = limit_of(call)
    before = date.fromisoformat(call.given["cursor"]) if "cursor" in call.given else date.max
    with call.site.app.database.reading() as connection:
        found = receipts.choices_before(connection, call.reader.id, before, limit + 1)
        mails = receipts.mails_of(connection, [each.number for each in found])
    after = found[limit - 1].period.isoformat() if len(found) > limit else None
    items = [_summary(call, each, mails[each.number]) for each in found[:limit]]
    return {"items": items, "next_cursor": after}


def show_digest(call: Call) -> Json:
    """Return a reader's digest of a date, unless somebody holds it back."""
    day = date.fromisoformat(call.given["date"])
    with call.site.app.database.reading() as connection:
        choice = receipts.choices_between(connection, call.reader.id, day, day).get(day)
        mails = receipts.mails_of(connection, [choice.number]) if choice else {}
        mail = mails.get(choice.number) if choice else None
        if choice is None or mail is None or not is_out(mail):
            raise Refusal(404, f"You had no digest on {day}.")
        digest = digests.digests_by_id(connection, [choice.number])[choice.number]
        known = papers.papers_by_id(connection, digest.paper_ids)
    entries = entries_as_json(digest, known, call.site.app.links)
    return {**_summary(call, choice, mail), "entries": entries}


def _summary(call: Call, choice: Choice, mail: Delivery) -> Json:
    url = call.site.app.links.issue(call.reader, choice.number) if is_out(mail) else None
    return choice_as_json(choice, mail, url)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/me/digests",
        "listMyDigests",
        "Your digests, newest first",
        list_digests,
        ref("Digests"),
        parameters=(
            Parameter(
                "cursor",
                DATE,
                "Where to go on: next_cursor of the part before.",
                "2026-03-17",
            ),
            LIMIT,
        ),
        is_own=True,
    ),
    Endpoint(
        "GET",
        "/me/digests/{date}",
        "getMyDigest",
        "A digest of yours, with its papers and the reasons for each",
        show_digest,
        ref("Digest"),
        parameters=(Parameter("date", DATE, "Your local date.", "2026-03-17", is_path=True),),
        is_own=True,
        looks_up=True,
    ),
)
