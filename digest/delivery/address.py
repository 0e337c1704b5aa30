"""Which addresses mail is sent to, how they are compared, and how they are written on the wire."""

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from digest.errors import AddressError

MAX_LENGTH = 254
# All of these are legal somewhere in an address, and in a sign-up form always a list, a display
# name or an attempt at a second header.
_REFUSED = {
    "\r": "a line break",
    "\n": "a line break",
    ",": "a comma",
    ";": "a semicolon",
    '"': "a quotation mark",
}


def normal_address(text: str) -> str:
    """Return the address as it was typed, trimmed, or raise AddressError with a sentence why not.

    Only the form is checked, nothing is looked up. `example.org` and the reserved `.test` domains
    pass, so that demos and tests use the same code.
    """
    address = text.strip()
    if not address:
        raise AddressError("Please give an email address, such as ada@example.org.")
    if len(address) > MAX_LENGTH:
        raise AddressError(f"An email address has at most {MAX_LENGTH} characters.")
    for character, name in _REFUSED.items():
        if character in address:
            raise AddressError(f"Please give one plain email address: this one holds {name}.")
    _validated(address)
    return address


def address_key(address: str) -> str:
    """Return what is equal for two spellings of one address: lower case, domain in IDNA form.

    Servers may tell `Ada@` from `ada@`; people do not, and would be mailed twice.
    """
    return wire_address(address).lower()


def wire_address(address: str) -> str:
    """Return the address as SMTP and headers want it: ASCII, the domain in IDNA form."""
    if address.isascii():
        return address
    return _validated(address).ascii_email or address


def _validated(address: str) -> ValidatedEmail:
    try:
        return validate_email(
            address,
            check_deliverability=False,
            allow_smtputf8=False,
            allow_display_name=False,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise AddressError(f"{error} An address looks like ada@example.org.") from error
