"""Set the sandbox's organization up, its CRM at a host; print the token of Ada's client."""

import sys

import django

django.setup()

from django.utils import timezone

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.sandbox.ringcentral import seed
from tests.support.organization import (
    connect_to_crm,
    make_logging_settings,
    make_organization,
)

organization = make_organization()
organization.crm_hostname = sys.argv[1]
organization.save()
make_logging_settings(organization, since=timezone.now())
session = connect_to_crm(
    organization, api_key=seed.api_key_of("u1"), extension_id=seed.extension_id("101")
)
print(issue_user_jwt(session))
