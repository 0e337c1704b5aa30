"""Mails that came back, in the shapes that servers give them, told in our own words."""

OURS = "return+b-1-0123456789abcdef0123@digest.example.org"
_MAIL = f"""Return-Path: <{OURS}>
From: Digest <digest@example.org>
To: ada@example.net
Subject: 10 papers
Message-ID: <0123abcd@example.org>
List-Unsubscribe: <https://digest.example.org/u/x>,
 <mailto:return+u-5-1-00112233445566778899@digest.example.org>

Hello
"""


def postfix(
    status: str = "5.1.1",
    said: str = "smtp; 550 5.1.1 <ada@example.net>: Recipient address rejected: no such user",
    action: str = "failed",
    to: str = OURS,
) -> bytes:
    return _mail(f"""Return-Path: <>
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <1@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="AA/mx.example.net"

This is a MIME-encapsulated message.

--AA/mx.example.net
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx.example.net.

I could not bring your message to one of those it was for.

--AA/mx.example.net
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 4F1
Arrival-Date: Wed, 18 Mar 2026 06:00:00 +0000 (UTC)

Final-Recipient: rfc822; ada@example.net
Original-Recipient: rfc822;ada@example.net
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.net
Diagnostic-Code: {said}

--AA/mx.example.net
Content-Description: Undelivered Message
Content-Type: message/rfc822

{_MAIL}
--AA/mx.example.net--
""")


def exim(said: str = "smtp; 550 No such user here", status: str = "5.0.0") -> bytes:
    return _mail(f"""Return-path: <>
Received: from Debian-exim by mx.example.net with local (Exim 4.96)
X-Failed-Recipients: ada@example.net
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example.net>
To: {OURS}
Content-Type: multipart/report; report-type=delivery-status; boundary=17-exim
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1@mx.example.net>

--17-exim
Content-type: text/plain; charset=us-ascii

The mail software here could not deliver this to all who were named.

--17-exim
Content-type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Action: failed
Final-Recipient: rfc822;ada@example.net
Status: {status}
Remote-MTA: dns; mail.example.net
Diagnostic-Code: {said}

--17-exim
Content-type: text/rfc822-headers

{_MAIL.partition(chr(10) * 2)[0]}

--17-exim--
""")


def exchange() -> bytes:
    return _mail(f"""From: <postmaster@example.net>
To: <{OURS}>
Date: Wed, 18 Mar 2026 06:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="c0ffee"
Content-Language: en-US
Message-ID: <2@EXCHANGE.example.net>
In-Reply-To: <0123abcd@example.org>
Subject: Undeliverable: 10 papers
Auto-Submitted: auto-replied
X-MS-Exchange-Message-Is-Ndr:

--c0ffee
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="decaf"

--decaf
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to ada@example.net could not be delivered=2E

--decaf
Content-Type: text/html; charset="us-ascii"

<p>Your message could not be delivered.</p>

--decaf--

--c0ffee
Content-Type: message/delivery-status

Reporting-MTA: dns;EXCHANGE.example.net
Received-From-MTA: dns;relay.example.org
Arrival-Date: Wed, 18 Mar 2026 06:00:00 +0000

Final-Recipient: rfc822;ada@example.net
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient
 not found by SMTP address lookup

--c0ffee
Content-Type: message/rfc822

{_MAIL}
--c0ffee--
""")


def gmail_full() -> bytes:
    return _mail(f"""From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: {OURS}
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
Message-ID: <3.ndr@mx.example.com>
Content-Type: multipart/report; boundary="00aa"; report-type=delivery-status

--00aa
Content-Type: multipart/related; boundary="00bb"

--00bb
Content-Type: text/plain; charset="UTF-8"

The inbox of ada@example.net is full.

--00bb--
--00aa
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Wed, 18 Mar 2026 06:00:00 +0000
X-Original-Message-ID: <0123abcd@example.org>

Final-Recipient: rfc822; ada@example.net
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552-5.2.2 The recipient's inbox is out of storage space and
 552-5.2.2 inactive. 552 5.2.2 gsmtp
Last-Attempt-Date: Wed, 18 Mar 2026 06:00:00 +0000

--00aa
Content-Type: message/rfc822

{_MAIL}
--00aa--
""")


def internationalised() -> bytes:
    return postfix().replace(b"message/delivery-status", b"message/global-delivery-status")


def qmail(said: str = "Sorry, no mailbox here by that name. (#5.1.1)") -> bytes:
    return _mail(f"""From: MAILER-DAEMON@mx.example.net
To: {OURS}
Subject: failure notice
Message-ID: <4@mx.example.net>

Hi. This is the qmail-send program at mx.example.net.
I was not able to deliver your message to those below.

<ada@example.net>:
{said}

--- Below this line is a copy of the message.

{_MAIL}""")


def delay_warning() -> bytes:
    return _mail(f"""From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: {OURS}
Subject: Delivery Status Notification (Delay)
Message-ID: <5@mx.example.com>

Delivery to the following recipient has been delayed:

     ada@example.net

Message will be retried for 2 more days
""")


def complaint(feedback: str = "abuse", to: str = "return@digest.example.org") -> bytes:
    return _mail(f"""From: <feedback@provider.example>
To: <{to}>
Subject: FW: 10 papers
Message-ID: <6@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1"

--part1
Content-Type: text/plain; charset="US-ASCII"

A reader marked this mail as spam.

--part1
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: SomeProvider/1.0
Version: 1
Original-Mail-From: <{OURS}>
Arrival-Date: Wed, 18 Mar 2026 06:00:00 +0000
Source-IP: 192.0.2.1

--part1
Content-Type: message/rfc822
Content-Disposition: inline

{_MAIL}
--part1--
""")


def vacation(subject: str = "Out of office: 10 papers", **headers: str) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return _mail(f"""From: Ada <ada@example.net>
To: {OURS}
Subject: {subject}
Message-ID: <7@example.net>
{more}
I am away until Monday. If the mail could not be delivered, user unknown, 550 5.1.1.
""")


def receipt() -> bytes:
    return _mail(f"""From: Ada <ada@example.net>
To: {OURS}
Subject: Read: 10 papers
Message-ID: <8@example.net>
Content-Type: multipart/report; report-type=disposition-notification; boundary=mdn

--mdn
Content-Type: text/plain

It was displayed.

--mdn
Content-Type: message/disposition-notification

Final-Recipient: rfc822; ada@example.net
Disposition: manual-action/MDN-sent-manually; displayed

--mdn--
""")


def _mail(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()
