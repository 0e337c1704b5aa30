"""What a reader says of papers and mutes, as a program says it for them."""

from digest.errors import ExpressionError, SubscriptionError
from digest.model.feedback import FeedbackKind
from digest.pipeline.muting import mute, mutes_in_force, read_mute, unmute
from digest.pipeline.steer import said_by, say, take_back, word_on
from digest.store.steering import MAX_FEEDBACK
from digest.text import clean_line
from digest.web.api.endpoint import Body, Call, Endpoint, Json, Parameter
from digest.web.api.papers import EXAMPLE_KEY, KEY_IN_PATH, paper_of
from digest.web.api.problems import Refusal, fault_of, invalid
from digest.web.api.schemas import EXPRESSION, FEEDBACK_BODY, MUTE_BODY, ref
from digest.web.api.shown import moment, paper_as_json

_INACTIVE = "You get no digests, so there is nothing to steer."


def list_words(call: Call) -> Json:
    """Return what a reader liked and disliked, newest first."""
    said = said_by(call.site.app.registry, call.reader, MAX_FEEDBACK)
    links = call.site.app.links
    words = [
        {"paper": paper_as_json(each.paper, links), "kind": each.kind.value} for each in said.words
    ]
    return {"items": words}


def say_word(call: Call) -> Json:
    """Write down what a reader says of a paper."""
    paper = paper_of(call, call.body["paper"], "#/paper").paper
    kind = FeedbackKind(call.body["kind"])
    say(call.site.app.registry, call.reader, paper.id, kind)
    return {"paper": paper_as_json(paper, call.site.app.links), "kind": kind.value}


def take_word_back(call: Call) -> Json:
    """Forget what a reader said of a paper."""
    paper = paper_of(call, call.given["key"]).paper
    registry = call.site.app.registry
    word = word_on(registry, call.reader, paper.id)
    if word is not None:
        take_back(registry, call.reader, paper.id, word.kind)


def list_mutes(call: Call) -> Json:
    """Return what a reader mutes."""
    found = mutes_in_force(call.site.app.registry, call.reader)
    return {
        "items": [{"expression": each.expression, "until": moment(each.until)} for each in found]
    }


def mute_expression(call: Call) -> Json:
    """Hide what meets an expression from a reader for a while."""
    try:
        expression = read_mute(call.body["expression"])
    except (ExpressionError, SubscriptionError) as error:
        raise invalid([fault_of(error, pointer="#/expression")]) from error
    try:
        found = mute(call.site.app.registry, call.reader, expression).mute
    except SubscriptionError as error:  # one too many
        raise Refusal(409, fault_of(error).detail) from error
    return {"expression": found.expression, "until": moment(found.until)}


def unmute_expression(call: Call) -> Json:
    """Show what meets an expression to a reader again."""
    unmute(call.site.app.registry, call.reader, clean_line(call.given["expression"]))


ENDPOINTS = (
    Endpoint(
        "GET",
        "/me/feedback",
        "listFeedback",
        "What you liked and disliked",
        list_words,
        ref("Words"),
        f"The newest {MAX_FEEDBACK}, which are those that count.",
        is_own=True,
    ),
    Endpoint(
        "POST",
        "/me/feedback",
        "giveFeedback",
        "Ask for more or less like a paper, or say that you know it",
        say_word,
        ref("Word"),
        "What you say last is what counts; the same twice is once.",
        body=Body(FEEDBACK_BODY, {"paper": EXAMPLE_KEY, "kind": "more"}),
        is_own=True,
        looks_up=True,
        conflicts=_INACTIVE,
    ),
    Endpoint(
        "DELETE",
        "/me/feedback/{key}",
        "withdrawFeedback",
        "Take back what you said of a paper",
        take_word_back,
        None,
        parameters=(KEY_IN_PATH,),
        is_own=True,
        looks_up=True,
        conflicts=_INACTIVE,
    ),
    Endpoint(
        "GET",
        "/me/mutes",
        "listMutes",
        "What you mute",
        list_mutes,
        ref("Mutes"),
        is_own=True,
    ),
    Endpoint(
        "POST",
        "/me/mutes",
        "mute",
        "Hear nothing of an expression for thirty days",
        mute_expression,
        ref("Mute"),
        body=Body(MUTE_BODY, {"expression": "case study"}),
        is_own=True,
        conflicts="You get no digests, or mute as much as there can be.",
    ),
    Endpoint(
        "DELETE",
        "/me/mutes",
        "unmute",
        "Hear of an expression again",
        unmute_expression,
        None,
        parameters=(
            Parameter("expression", EXPRESSION, "What is muted.", "case study", is_required=True),
        ),
        is_own=True,
        conflicts=_INACTIVE,
    ),
)
