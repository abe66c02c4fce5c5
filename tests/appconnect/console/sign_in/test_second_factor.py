"""The second factor: setting it up, signing in with it, and what does not get past it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from appconnect.organizations.models import (
    Attempts,
    AuditEntry,
    AuthenticatorApp,
    Member,
)
from appconnect.organizations.people.second_factor import make_recovery_codes
from appconnect.organizations.security.audit import PROGRAM
from appconnect.organizations.security.second_factor import totp
from appconnect.organizations.security.sign_in_defense import MAX_ACCOUNT_WAIT
from tests.support.helpers import text_of

ACCOUNT = {"username": "ada", "password": "a good password"}
LOGIN, STEP, SECURITY = "/accounts/login/", "/second-factor/", "/sign-in-security/"
APP = f"{SECURITY}app/"


def code_of(app: AuthenticatorApp, *, seconds: int = 0) -> str:
    """Return the code that an app shows so many seconds from now."""
    at = timezone.now() + timedelta(seconds=seconds)
    step = int(at.timestamp()) // totp.STEP_SECONDS
    return totp.totp_of(app).generate(step * totp.STEP_SECONDS).decode()


def give_app(member: Member, **fields) -> AuthenticatorApp:
    return AuthenticatorApp.objects.create(
        organization=member.organization,
        member=member,
        secret=totp.make_secret(),
        **{"confirmed_at": timezone.now(), **fields},
    )


@pytest.fixture
def app(member) -> AuthenticatorApp:
    return give_app(member)


@pytest.fixture
def half(client, app) -> Client:
    """A browser in which the password was right, and no more."""
    page = client.post(LOGIN, ACCOUNT)
    assert page.url == STEP
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/sessions/").status_code == 200


def test_an_app_is_set_up_with_its_first_code_and_recovery_codes(console, member):
    page = console.post(APP, follow=True)
    app = AuthenticatorApp.objects.get()
    assert '<svg viewBox="0 0 ' in page.content.decode()
    assert app.secret[:4] in text_of(page)

    wrong = console.post(APP, {"code": "000 000"})
    assert "Wrong code. Enter the newest one that the app shows." in text_of(wrong)
    page = console.post(APP, {"code": code_of(app)})

    codes = re.findall(r"<code>(\w{5}-\w{5})</code>", page.content.decode())
    assert len(set(codes)) == 10
    page = console.get(SECURITY)
    assert "10 codes left" in text_of(page)
    assert console.get(APP).url == SECURITY, "the secret is never shown again"
    entries = AuditEntry.objects.values_list("action", "subject")
    assert ("SECOND_FACTOR_ADDED", "authenticator app") in entries
    assert ("RECOVERY_CODES_MADE", "") in entries


def test_without_a_second_factor_there_are_no_recovery_codes(console, member):
    console.post(APP)  # an app that never gave a code is none

    page = console.post(f"{SECURITY}recovery-codes/")

    assert page.url == SECURITY
    assert not member.recovery_codes.exists()
    assert not AuditEntry.objects.filter(action="RECOVERY_CODES_MADE").exists()


def test_the_first_factor_brings_new_codes_and_a_new_app_keeps_them(console, member):
    make_recovery_codes(member, actor=PROGRAM, now=timezone.now())

    console.post(APP)
    page = console.post(APP, {"code": code_of(AuthenticatorApp.objects.get())})
    assert len(re.findall(r"<code>(\w{5}-\w{5})</code>", page.content.decode())) == 10
    assert member.recovery_codes.count() == 10

    console.post(APP)
    new = member.authenticator_apps.get(confirmed_at__isnull=True)
    console.post(APP, {"code": code_of(new)})
    assert member.recovery_codes.count() == 10
    assert AuditEntry.objects.filter(action="RECOVERY_CODES_MADE").count() == 2


def test_the_stored_secret_and_codes_are_in_no_row_and_no_repr(member, app):
    codes = make_recovery_codes(member, actor=PROGRAM, now=timezone.now())

    stored = str(list(AuthenticatorApp.objects.values())) + repr(app)
    stored += str(list(member.recovery_codes.values()))
    assert app.secret not in stored
    assert not any(code.replace("-", "") in stored for code in codes)


def test_the_password_alone_signs_nobody_in(half):
    assert not is_signed_in(half)
    assert half.get("/setup/").url.startswith(LOGIN)
    assert not half.session.keys()


def test_a_code_signs_in_with_a_new_session_and_leads_on(client, app):
    client.post(f"{LOGIN}?next=/sessions/", {**ACCOUNT, "next": "/sessions/"})

    page = client.post(STEP, {"code": f" {code_of(app)[:3]} {code_of(app)[3:]}"})

    assert page.url == "/sessions/"
    assert is_signed_in(client)
    entry = AuditEntry.objects.filter(action="SIGNED_IN").get()
    assert entry.subject == "with a password and an authenticator app"


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_phone_whose_clock_is_half_a_minute_off_is_fine(half, app, seconds):
    assert half.post(STEP, {"code": code_of(app, seconds=seconds)}).status_code == 302


@pytest.mark.parametrize("seconds", [-90, 90])
def test_an_older_or_later_code_is_refused(half, app, seconds):
    page = half.post(STEP, {"code": code_of(app, seconds=seconds)})

    assert "Wrong or used code." in text_of(page)
    assert not is_signed_in(half)


def test_a_code_works_once_and_the_one_before_not_any_more(half, app):
    code, before = code_of(app), code_of(app, seconds=-30)
    half.post(STEP, {"code": code})
    thief = Client()
    thief.post(LOGIN, ACCOUNT)

    for replayed in (code, before):
        assert "Wrong or used code." in text_of(thief.post(STEP, {"code": replayed}))
    assert not is_signed_in(thief)


def test_another_persons_code_and_passkey_page_do_not_help(half, stranger):
    theirs = give_app(stranger)
    codes = make_recovery_codes(stranger, actor=PROGRAM, now=timezone.now())

    for code in (code_of(theirs), codes[0]):
        assert "Wrong or used code." in text_of(half.post(STEP, {"code": code}))


def test_a_recovery_code_signs_in_once(half, member):
    code, *_ = make_recovery_codes(member, actor=PROGRAM, now=timezone.now())
    assert half.post(STEP, {"code": code.upper()}).status_code == 302

    again = Client()
    again.post(LOGIN, ACCOUNT)
    assert "Wrong or used code." in text_of(again.post(STEP, {"code": code}))
    assert member.recovery_codes.count() == 9


def test_what_is_lost_for_good_is_confirmed_first(console, app):
    shown = text_of(console.get(SECURITY))

    assert "Remove authenticator app? Its codes no longer sign you in." in shown
    assert "Make new recovery codes? The codes you have now stop working." in shown


def test_new_recovery_codes_replace_the_old_ones(console, app, member):
    old, *_ = make_recovery_codes(member, actor=PROGRAM, now=timezone.now())
    console.post(f"{SECURITY}recovery-codes/")

    thief = Client()
    thief.post(LOGIN, ACCOUNT)
    assert "Wrong or used code." in text_of(thief.post(STEP, {"code": old}))


def test_codes_are_guessed_no_faster_than_passwords(half, app):
    """The right password in between does not begin the count anew."""
    half.post(STEP, {"code": "000000"})
    half.post(LOGIN, ACCOUNT)
    half.post(STEP, {"code": "000001"})
    half.post(LOGIN, ACCOUNT)

    page = half.post(STEP, {"code": code_of(app)})

    assert page.status_code == 429
    assert "Too many sign-in attempts." in text_of(page)
    assert half.post(LOGIN, ACCOUNT).status_code == 429
    assert not is_signed_in(half)


def test_a_right_sign_in_leaves_no_attempt_behind(half, app):
    half.post(STEP, {"code": code_of(app)})

    now = timezone.now()
    left = Attempts.objects.filter(
        expires_at__gt=now, expires_at__lt=now + timedelta(hours=2)
    )
    assert [row.count for row in left] == [0, 0]


def test_failures_are_in_the_audit_log(half):
    half.post(STEP, {"code": "000000"})

    entry = AuditEntry.objects.get(action="SIGN_IN_FAILED")
    assert (entry.actor, entry.subject) == ("ada", "with a second factor")


@pytest.mark.parametrize("change", ["password", "sessions", "account"])
def test_the_first_step_counts_no_more_after_a_change(half, app, member, change):
    if change == "password":
        member.user.set_password("another good password")
    elif change == "sessions":
        member.session_number += 1
        member.save()
    else:
        member.user.is_active = False
    member.user.save()

    assert half.post(STEP, {"code": code_of(app)}).url == LOGIN


def test_a_forged_first_step_leads_to_the_sign_in_page(client, app):
    client.cookies["second_factor"] = '{"member":1,"proof":"","confirms":false}'

    assert client.post(STEP, {"code": code_of(app)}).url == LOGIN


def test_confirming_asks_for_the_second_factor_too(console, app):
    session = console.session
    session["confirmed_at"] = (timezone.now() - timedelta(minutes=11)).timestamp()
    session.save()
    assert console.post(APP).url.startswith("/confirm-sign-in/")

    page = console.post(
        "/confirm-sign-in/", {"password": "a good password", "next": APP}
    )
    assert page.url == STEP
    assert console.post(APP).url.startswith("/confirm-sign-in/")
    page = console.post(STEP, {"code": code_of(app)})

    assert page.url == APP
    assert console.post(APP).url == APP


def test_replacing_the_app_keeps_the_old_one_until_the_new_one_works(console, app):
    console.post(APP)
    assert AuthenticatorApp.objects.filter(pk=app.pk).exists()
    new = AuthenticatorApp.objects.get(confirmed_at__isnull=True)

    console.post(APP, {"code": code_of(new)})

    assert AuthenticatorApp.objects.get().pk == new.pk


def test_the_last_factor_is_removed_with_its_recovery_codes(console, member, app):
    make_recovery_codes(member, actor=PROGRAM, now=timezone.now())

    console.post(f"{APP}remove/")

    assert not AuthenticatorApp.objects.exists()
    assert not member.recovery_codes.exists()
    assert Client().post(LOGIN, ACCOUNT).url == "/"


def test_the_last_factor_stays_while_it_is_required(console, organization, app):
    organization.requires_second_factor = True
    organization.save()

    page = console.post(f"{APP}remove/", follow=True)

    assert "Your organization requires a second factor" in text_of(page)
    assert AuthenticatorApp.objects.exists()


def test_who_has_none_sets_it_up_before_seeing_anything(client, member, organization):
    organization.requires_second_factor = True
    organization.save()

    page = client.post(LOGIN, ACCOUNT, follow=True)
    assert page.redirect_chain[-1][0] == SECURITY
    assert "Sandbox Ltd requires one" in text_of(page)
    for path in ("/calls/", "/sessions/", "/team/", "/calls/export/"):
        assert client.get(path).url == SECURITY
    assert client.post("/pause/").url == SECURITY
    assert (
        client.get("/calls/", headers={"HX-Request": "true"})["HX-Redirect"] == SECURITY
    )
    client.post(APP)
    key = client.session.session_key
    client.post(APP, {"code": code_of(AuthenticatorApp.objects.get())})

    assert client.session.session_key != key
    assert is_signed_in(client)


def test_the_old_password_is_not_guessed_for_long(console, member):
    new = "violet tractor hums twice"
    typed = {"new_password1": new, "new_password2": new}
    for number in range(5):
        wrong = typed | {"old_password": f"a guess {number}"}
        console.post(f"{SECURITY}password/", wrong)

    right = typed | {"old_password": "a good password"}
    page = console.post(f"{SECURITY}password/", right)

    assert "Too many sign-in attempts." in text_of(page)
    member.user.refresh_from_db()
    assert member.user.check_password("a good password")
    assert AuditEntry.objects.filter(action="SIGN_IN_FAILED").exists()


def test_a_changed_password_signs_out_everywhere_else(console, member):
    other = Client()
    other.force_login(member.user)
    typed = {"old_password": "a good password"}
    new = "violet tractor hums twice"

    page = console.post(
        f"{SECURITY}password/",
        typed | {"new_password1": new, "new_password2": new},
        follow=True,
    )

    assert "Password changed. You're signed out everywhere else." in text_of(page)
    assert not is_signed_in(other)
    wrong = typed | {
        "new_password1": "password123456",
        "new_password2": "password123456",
    }
    page = console.post(f"{SECURITY}password/", {**wrong, "old_password": new})
    assert "on a list from data breaches" in text_of(page)


def test_whoever_signs_in_with_ringcentral_is_sent_there(console, member):
    member.user.set_unusable_password()
    member.user.save()
    console.force_login(member.user)

    page = console.get(SECURITY)

    assert "You sign in with RingCentral" in text_of(page)
    assert "Set up app" not in text_of(page)


def test_codes_are_those_of_rfc_6238(member):
    """https://www.rfc-editor.org/rfc/rfc6238#appendix-B, the last six of its digits."""
    app = give_app(member)
    app.secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    at = datetime.fromtimestamp(1111111109, UTC)

    assert totp.step_of(app, "081804", now=at) == 1111111109 // 30
    assert totp.step_of(app, "081805", now=at) is None


def test_codes_from_everywhere_have_to_wait_longer_than_passwords(half):
    for number in range(35):
        Attempts.objects.update(refused_until=timezone.now())
        address = f"198.51.100.1, 203.0.113.{number}"
        half.post(STEP, {"code": "000000"}, headers={"X-Forwarded-For": address})

    waits = Attempts.objects.exclude(refused_until=None).values_list("refused_until")
    assert max(waits)[0] - timezone.now() > MAX_ACCOUNT_WAIT
