"""The languages that mails are written in, and which of them a reader gets."""

DEFAULT_LANGUAGE = "en"
# By their own names: whoever looks for theirs may not read another.
LANGUAGES = {DEFAULT_LANGUAGE: "English", "de": "Deutsch"}

# Browsers name a handful; whoever sends more than this is playing.
_MOST_OFFERED = 32


def known_language(code: str) -> str:
    """Return a language's code if mails can be written in it, or else English's.

    A release before or after this one may have stored another.
    """
    return code if code in LANGUAGES else DEFAULT_LANGUAGE


def preferred_language(accepted: str) -> str:
    """Return the language that whoever sent this Accept-Language header likes best of ours.

    `de-AT` is content with `de`. Never raises: what cannot be read says nothing (RFC 9110, 12.5.4).
    """
    best, best_quality = DEFAULT_LANGUAGE, 0.0
    for offered in accepted.split(",", _MOST_OFFERED)[:_MOST_OFFERED]:
        named, *parameters = (part.strip().lower() for part in offered.split(";"))
        code = named.partition("-")[0]
        quality = _quality(parameters)
        if code in LANGUAGES and quality > best_quality:
            best, best_quality = code, quality
    return best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            return quality if 0 <= quality <= 1 else 0.0
    return 1.0
