"""Gives an empty BottleCRM an organization, its people with tokens, and who may call."""

import json

import django

django.setup()

from common.models import Org, PersonalAccessToken, Profile, User  # noqa: E402
from contacts.models import Contact  # noqa: E402
from leads.models import Lead  # noqa: E402

SCOPES = [
    *("contacts:read", "contacts:write", "leads:read", "leads:write"),
    *("interactions:read", "interactions:write", "profile:read", "users:read"),
]
org = Org.objects.create(name="Our Ltd", default_country="US")
people = {
    "admin": ("Service Account", "service@example.com", "ADMIN"),
    "alice": ("Alice Agent", "alice@example.com", "USER"),
    "ben": ("Ben & “Benny” Baker", "ben.baker@example.com", "USER"),
    "carol": ("Carol Left", "carol@example.com", "USER"),
}
tokens = {}
for login, (name, email, role) in people.items():
    profile = Profile.objects.create(
        user=User.objects.create_user(email=email, name=name, password=None),
        org=org,
        role=role,
        is_active=login != "carol",
    )
    tokens[login] = PersonalAccessToken.generate(profile, "ours", scopes=SCOPES)[0]
    if login == "admin":
        for scope in SCOPES:
            others = [each for each in SCOPES if each != scope]
            token, _ = PersonalAccessToken.generate(profile, "less", scopes=others)
            tokens[f"without {scope}"] = token
for first, last, phone in (
    ("Casey", "Contact", "+14155550123"),
    ("Nan", "National", "(415) 555-0124"),
    ("Iris", "Ito", "+1 415-555-0101"),
    ("Nigel", "Norwich", "+44 415 555 0123"),
):
    Contact.objects.create(org=org, first_name=first, last_name=last, phone=phone)
for first, last, phone in (
    ("Lee", "Lead", "415.555.0125"),
    ("Pat", "Both", "+14155550126"),
):
    Lead.objects.create(org=org, first_name=first, last_name=last, phone=phone)
Contact.objects.create(
    org=org, first_name="Pat", last_name="Both", phone="415 555 0126"
)
with open("tokens.json", "w") as file:
    json.dump(tokens, file)
