"""Mails: names that cannot do harm, and both forms of the text."""

import json
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.notices.mail_templates import Links, TrialEnd, trial_mail
from shared.domain.notices.mails import MAX_NAME_CHARS, Button, StopLinks, rendered, shown_name
from shared.domain.notices.outbox import GIVE_UP_AFTER, KEPT_FOR, entry_id
from shared.domain.notices.webhooks import Notice
from shared.domain.people.tenants import Tenant
from tests.outgoing_fixtures import MAIL, outgoing
from tests.sample_events import NOON

STOP = StopLinks(page="https://x/mail/e/stop#t", url="https://x/api/v1/mail/e/unsubscribe?token=t")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Acme", "“Acme”"),
        ("  Acme\t Söhne & Co  ", "“Acme Söhne & Co”"),
        ("株式会社", "“株式会社”"),
        ("https://evil.example/x", "“https evil example x”"),
        ("call +49 30\r\nnow@evil.example", "“call +49 30 now evil example”"),
        ("<b>Acme</b>", "“b Acme b”"),
        ("Acme” has won “", "“Acme has won”"),
        ("\u202eemcA\u2066\u200b", "“emcA”"),
        ("...", "“unnamed”"),
        ("a" * 41, f"“{'a' * 39}…”"),
    ],
)
def test_a_name_is_shown_short_in_quotes_and_without_links(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@given(st.text(max_size=300))
def test_no_name_breaks_out_of_its_quotes(name: str) -> None:
    shown = shown_name(name)
    assert len(shown) <= MAX_NAME_CHARS + 2
    assert (shown[0], shown[-1]) == ("“", "”")
    inner = shown[1:-1]
    assert not set(inner) & set('./\\:@<>"“”')
    assert all(unicodedata.category(each) not in ("Cc", "Cf") for each in inner)


ACME = Tenant(id="acme", name="Acme", plan="free", created_at=NOON)
ENDS = TrialEnd(at=NOON, days_left=3, price="$99.00 per month", has_payment_method=True, is_canceled=False)


@pytest.mark.parametrize(
    ("trial", "follows"),
    [
        (ENDS, "Then we charge $99.00 per month before taxes and discounts to the payment method on file."),
        (replace(ENDS, price=None), "Then we charge the price of your plan to the payment method on file."),
        (replace(ENDS, has_payment_method=False), "Add a payment method before that day to keep your plan"),
        (replace(ENDS, is_canceled=True), "You canceled the plan, so nothing is charged."),
    ],
)
def test_the_mail_about_a_trial_says_what_is_charged_and_when(trial: TrialEnd, follows: str) -> None:
    first, then = trial_mail(ACME, "ops@example.com", trial).paragraphs
    assert first == "The trial of “Acme” ends on 20 November 2026."
    assert then.startswith(follows)


def test_a_mail_has_its_text_button_reason_and_stop_in_both_forms() -> None:
    mail = replace(MAIL, paragraphs=("A & B.", "<b>More</b>"), button=Button("See", "https://x/?a=1&b=2"))
    both = rendered(mail, "e", STOP)
    assert both.text == (
        "A & B.\n\n<b>More</b>\n\nSee: https://x/?a=1&b=2\n\n--\n\n"
        f"{MAIL.reason}\n\nStop these mails: https://x/mail/e/stop#t\n"
    )
    assert "<p>A &amp; B.</p><p>&lt;b&gt;More&lt;/b&gt;</p>" in both.html
    assert 'href="https://x/?a=1&amp;b=2"' in both.html
    assert 'href="https://x/mail/e/stop#t"' in both.html
    assert both.stop_url == STOP.url


def test_a_mail_without_a_way_to_stop_offers_none() -> None:
    plain = rendered(MAIL, "e", None)
    assert plain.stop_url is None
    assert "Stop" not in plain.text + plain.html


def test_each_recipient_has_a_mail_of_their_own() -> None:
    first, second = outgoing(*MAIL.to_each(["a@example.com", "b@example.com"])).entries
    assert first.id != second.id
    assert first.token != second.token


def test_an_id_depends_on_its_cause_alone_and_no_two_causes_share_one() -> None:
    assert entry_id("a", "b") == entry_id("a", "b")
    assert len({entry_id("a", "b"), entry_id("ab"), entry_id("a", "b", ""), entry_id("b", "a")}) == 4


def test_an_entry_outlives_its_last_attempt_by_the_life_of_its_link() -> None:
    (entry,) = outgoing(MAIL).entries
    assert entry.expires_at == NOON + GIVE_UP_AFTER + KEPT_FOR
    assert timedelta(days=30) <= KEPT_FOR


def test_links_keep_the_token_out_of_servers_logs() -> None:
    links = Links("https://usage.example.com")
    for page in (links.confirm("e", "secret"), links.stop_page("e", "secret")):
        assert page.endswith("#secret")


def test_a_notice_is_json_or_text_that_slack_cannot_misread() -> None:
    notice = Notice(
        type="limit.warning",
        tenant_id="acme",
        cause="c",
        at=NOON,
        text="A&B: <!channel> 80 %",
        data={"used": 2**53, "limit": None},
    )
    assert json.loads(notice.body("json")) == {
        "type": "limit.warning",
        "timestamp": "2026-11-20T12:00:00Z",
        "data": {"tenant_id": "acme", "used": 2**53, "limit": None, "text": "A&B: <!channel> 80 %"},
    }
    assert json.loads(notice.body("slack")) == {"text": "A&amp;B: &lt;!channel&gt; 80 %"}


def test_a_repeated_notice_has_the_same_message_id_and_another_one_another() -> None:
    notice = Notice(type="limit.warning", tenant_id="acme", cause="c", at=NOON, text="x", data={})
    assert notice.message_id == replace(notice, at=NOON + timedelta(days=1), text="y").message_id
    others = [
        replace(notice, cause="d"),
        replace(notice, tenant_id="b"),
        replace(notice, type="limit.reached"),
    ]
    assert len({notice.message_id, *(each.message_id for each in others)}) == 4
