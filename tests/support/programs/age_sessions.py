"""Make every session older, and unused for longer, by so many minutes."""

import sys

import django

django.setup()

from appconnect.organizations.models import Session

for key in Session.objects.values_list("pk", flat=True):
    session = Session.get_session_store_class()(key)
    for name in ("began_at", "used_at", "confirmed_at"):
        if name in session:
            session[name] -= 60 * int(sys.argv[1])
    session.save()
