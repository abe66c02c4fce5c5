"""A row of every model, with a text of the test's own in every sealed value.

A model or a sealed field that is new is filled too, or fails here until somebody says
what it holds.
"""

from base64 import b32encode, b64encode
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone
from fido2.utils import websafe_encode

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import (
    AttentionReason,
    CallStatus,
    FailureReason,
    SkipReason,
)
from appconnect.organizations.models import Organization
from appconnect.organizations.models.sealed import SealedField
from connector.registry import get_platform
from tests.support.fakes.authenticator import Authenticator

NUMBER = "+14155550101"
ENDED = {
    CallStatus.SKIPPED: SkipReason,
    CallStatus.NEEDS_ATTENTION: AttentionReason,
    CallStatus.FAILED: FailureReason,
}


def party(text: str) -> dict[str, str]:
    return {"phone_number": NUMBER, "name": text}


def details(text: str) -> dict[str, object]:
    link = f"https://media.example.com/{text}"
    return {
        "caller": party(text),
        "callee": {"extension_id": "1", "extension_number": "101", "name": text},
        "recording_url": link,
        "voicemail_url": link,
    }


def written(text: str) -> dict[str, object]:
    links = {name: details(text)[name] for name in ("recording_url", "voicemail_url")}
    return {"duration_seconds": 42, "talk_seconds": 42, "result": "Accepted", **links}


def posted(text: str) -> dict[str, object]:
    call = details(text) | {
        **{"telephony_session_id": "", "session_id": "4711", "direction": "Inbound"},
        **{"started_at": timezone.now().isoformat(), "duration_seconds": 42},
        "result": "Accepted",
    }
    words = {"addCallLogAiNote": text}
    return {"call": call, "contact_name": text, "is_pending": False, "words": words}


def contacts(text: str) -> list[dict[str, str]]:
    return [{"id": "c1", "type": "Contact", "name": text}] * 2


def additional_values(text: str) -> dict[str, str]:
    """Return what each additional field of the sandbox's manifest holds."""
    fields = get_platform("sandbox").server_side_logging.additional_fields
    return {f.const: text if f.is_secret else "service" for f in fields}


SECRETS: dict[str, Callable[[str], object]] = {
    "Organization.index_key": lambda text: text.encode().hex().ljust(64, "0"),
    "Organization.data_key": lambda text: text.encode().hex().ljust(64, "0")[:64],
    "AuthenticatorApp.secret": lambda text: b32encode(text.encode().ljust(20)).decode(),
    "CrmSession.access_token": str,
    "ManagedKey.api_key": str,
    "CrmSignIn.signed_in": lambda text: {"accessToken": text, "refreshToken": text},
    "RingCentralConnection.jwt": str,
    "RingCentralConnection.refresh_token": str,
    "RingCentralConnection.access_token": str,
    "ServerLoggingSettings.additional_field_values": additional_values,
    "AlertChannel.address": lambda text: f"https://hooks.example.com/{text}",
    "AlertChannel.signing_secrets": lambda text: [
        f"whsec_{b64encode(text.encode()).decode()}"
    ],
}
"""What nobody is ever shown."""

PERSONAL: dict[str, Callable[[str], object]] = {
    "CallSession.details": details,
    "CallSession.written": written,
    "CallSession.logged_contact_name": str,
    "CallSession.contact_candidates": contacts,
    "CallSession.chosen_contact": lambda text: {"id": text, "type": "Contact"},
    "ClientDetails.details": posted,
    "ContactSearch.contacts": contacts,
    "DoNotLogNumber.number": lambda _text: NUMBER,
    "CachedNote.note": str,
}
"""What the organization's own people see, and the database holds sealed."""


def name_of(model: type[models.Model], field: models.Field) -> str:
    return f"{model.__name__}.{field.name}"


def sealed_value(name: str, text: str) -> object:
    shape = {**SECRETS, **PERSONAL}.get(name)
    if shape is None:
        pytest.fail(f"{name} is new: say in {__name__} what it holds, and who sees it.")
    return shape(text)


def our_models() -> Iterator[type[models.Model]]:
    for label in ("organizations", "calls", "monitoring"):
        yield from apps.get_app_config(label).get_models()


def sealed_fields() -> Iterator[tuple[type[models.Model], SealedField]]:
    for model in our_models():
        for field in model._meta.local_fields:
            if isinstance(field, SealedField):
                yield model, field


def fill(
    organization: Organization,
    make_call: Callable[..., CallSession],
    text_of: Callable[[str], str],
) -> None:
    """Store a call in each state and a row of every model, for this organization alone.

    `text_of` gives the text for a sealed field by its name, such as `CachedNote.note`.
    """
    for status in CallStatus:
        for reason in ENDED.get(status, [""]):
            make_call(status=status, reason=reason, next_attempt_at=None)
    for model in our_models():
        row_of(model, organization)
    for model, pairs in groupby(sealed_fields(), key=itemgetter(0)):
        fields = {field.name: name_of(model, field) for _model, field in pairs}
        for row in model.objects.all():
            for field, name in fields.items():
                setattr(row, field, sealed_value(name, text_of(name)))
            row.save()


def row_of(model: type[models.Model], organization: Organization) -> models.Model:
    """Return a row of a model; made by the kinds of its fields where there is none."""
    if model is Organization:
        return organization
    if row := model.objects.first():
        return row
    values = {
        field.name: value_of(field, organization)
        for field in model._meta.local_concrete_fields
        if not (field.has_default() or isinstance(field, models.AutoField))
    }
    return model.objects.create(**values)


def value_of(field: models.Field, organization: Organization) -> object:
    match field:
        case SealedField():
            return None
        case models.ForeignKey():
            return row_of(field.related_model, organization)
        case _ if field.choices:
            return (
                "WEBHOOK"
                if field.model.__name__ == "AlertChannel"
                else field.choices[0][0]
            )
        case _ if field.name == "platform":
            return organization.platform
        case _ if field.name == "credential":
            return websafe_encode(Authenticator("http://localhost").credential())
        case models.DateTimeField():
            return None if field.null else timezone.now()
        case models.JSONField():
            return None if field.null else []
        case models.UUIDField() | models.CharField() | models.TextField():
            return "" if field.blank else "1"
        case _:
            return None if field.null else 1
