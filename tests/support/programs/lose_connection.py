"""Stores an organization with two admins whose connection to RingCentral is lost."""

import django

django.setup()

from django.contrib.auth.models import User
from django.utils import timezone

from appconnect.organizations.connections.ringcentral_connection import (
    lose,
)
from appconnect.organizations.models import (
    Member,
    Organization,
    RingCentralConnection,
)

organization = Organization.objects.create(name="O", rc_account_id="1", region="US")
connection = RingCentralConnection.objects.create(
    organization=organization, extension_id="1"
)
for name in ("ada", "ben"):
    user = User.objects.create_user(name, f"{name}@example.com", "a good password")
    Member.objects.create(user=user, organization=organization)
lose(connection, "The sign-in ended.", timezone.now())
