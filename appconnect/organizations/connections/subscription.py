"""Keeping the webhook subscription as the settings require it."""

import logging
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.models import (
    AuditEntry,
    LoggingSubscription,
    Organization,
    RingCentralConnection,
    ServerLoggingSettings,
)
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import RingCentralError
from appconnect.ringcentral.subscriptions import (
    ACCOUNT_FILTER,
    EXTENSION_FILTER,
    SubscriptionInfo,
    create_subscription,
    delete_subscription,
    find_subscription,
    list_subscriptions,
    renew_subscription,
)
from appconnect.rows import read_row, rows_of, update, with_columns

logger = logging.getLogger(__name__)

Status = LoggingSubscription.Status
LEASE = timedelta(minutes=2)
FILTERS = {
    ServerLoggingSettings.LoggingLevel.ACCOUNT: ACCOUNT_FILTER,
    ServerLoggingSettings.LoggingLevel.USER: EXTENSION_FILTER,
}
AT = with_columns(
    """
    SELECT {subscription}, organization.rc_account_id,
        ringcentral.extension_id AS owner_id
    FROM organizations_loggingsubscription subscription
    JOIN organizations_organization organization
        ON organization.id = subscription.organization_id
    JOIN organizations_ringcentralconnection ringcentral
        ON ringcentral.organization_id = organization.id
    WHERE subscription.id = %s
    """,
    subscription=LoggingSubscription,
)


@transaction.atomic
def replace_subscription(
    organization: Organization, *, actor: Actor, now: datetime
) -> None:
    """Make the next `keep_subscription` create a new one; the old one works until then."""
    organization.logging_subscriptions.filter(status=Status.ACTIVE).update(
        status=Status.REPLACED
    )
    audit.log(
        organization, AuditEntry.Action.SUBSCRIPTION_REPLACED, actor=actor, now=now
    )


def subscription_at(key: UUID) -> LoggingSubscription | None:
    """Return the subscription with this secret address.

    Of its organization and their connection only what `may_own` needs is loaded.
    """
    pk = LoggingSubscription._meta.pk.get_db_prep_value(key, connection)
    found = read_row(LoggingSubscription, AT, [pk])
    if found is not None:
        key = found.organization_id
        found.organization = Organization.from_db(
            "default", ["id", "rc_account_id"], [key, found.rc_account_id]
        )
        found.organization.ringcentral_connection = RingCentralConnection.from_db(
            "default", ["organization_id", "extension_id"], [key, found.owner_id]
        )
    return found


def may_own(organization: Organization, extension_id: str) -> bool:
    """Return whether a subscription of this organization can belong to this extension.

    It belongs to the admin who connected RingCentral when it was created, perhaps one
    who has left: the old one works until it is replaced.
    """
    connection = organization.ringcentral_connection
    if extension_id in (connection.extension_id, organization.rc_account_id):
        return True
    return organization.extensions.filter(extension_id=extension_id).exists()


def required_filter(organization: Organization) -> str:
    """Return the event filter that the settings require; empty when logging is off."""
    return FILTERS.get(get_settings(organization).logging_level, "")


def keep_subscription(organization: Organization, *, now: datetime) -> None:
    """Create, renew, replace or delete the subscription, as the settings require.

    Any worker may check and renew it; only one at a time creates or deletes. A
    replacement is created before the old one is deleted, so that no call is missed
    between the two. A refusal of RingCentral is stored on the row, for the Connections
    page.
    """
    with open_ringcentral(organization, now=now) as client:
        stored = rows_of(organization, LoggingSubscription)
        if len(stored) == 1 and _is_kept(stored[0], client, now=now):
            return
        connection = RingCentralConnection(organization_id=organization.pk)
        if not connection.take_lease("keeping_subscription_until", LEASE, now=now):
            return
        try:
            # All is read anew: another worker may have replaced it meanwhile.
            _keep(organization, client, now=now)
        finally:
            connection.end_lease("keeping_subscription_until")


def _keep(organization: Organization, client: RingCentral, *, now: datetime) -> None:
    """Ensure the one subscription that is required, and delete all others."""
    event_filter = required_filter(organization)
    stored = rows_of(organization, LoggingSubscription)
    current = next(
        (found for found in stored if _is_kept(found, client, now=now)), None
    )
    if event_filter and current is None:
        current = _create(organization, event_filter, client, now=now)
        _delete_strays(current, client)
    others = [subscription for subscription in stored if subscription != current]
    if current and current.status == Status.FAILED:
        # The old ones stay: better them than none.
        working = (Status.ACTIVE, Status.REPLACED)
        old = [other for other in others if other.status in working]
        others = [other for other in others if other not in old]
        for subscription in old:
            found = find_subscription(client, subscription.subscription_id)
            if found and found.is_active:
                _renew(subscription, found, client, now=now)
    for other in others:
        if other.subscription_id:
            delete_subscription(client, other.subscription_id)
        other.delete()


def _is_kept(
    subscription: LoggingSubscription, client: RingCentral, *, now: datetime
) -> bool:
    """Return whether it is the required one, and RingCentral has it as created; renew it.

    One that is blacklisted or was changed is not kept.
    """
    is_required = subscription.event_filter == required_filter(
        subscription.organization
    )
    if subscription.status != Status.ACTIVE or not is_required:
        return False
    found = find_subscription(client, subscription.subscription_id)
    if found is None or not found.is_active or not _is_as_made(subscription, found):
        reason = found.reason if found else "It expired or was deleted."
        logger.warning("Subscription %s is gone. %s", subscription.pk, reason)
        return False
    _renew(subscription, found, client, now=now)
    return True


def _renew(
    subscription: LoggingSubscription,
    found: SubscriptionInfo,
    client: RingCentral,
    *,
    now: datetime,
) -> None:
    """Renew a working subscription once half of its lifetime is over."""
    if found.remaining < LoggingSubscription.LIFETIME / 2:
        found = renew_subscription(client, found.id)
    subscription.expires_at, subscription.polled_at = found.expires_at, now
    update(subscription, {"expires_at": found.expires_at, "polled_at": now})


def _is_as_made(subscription: LoggingSubscription, found: SubscriptionInfo) -> bool:
    organization = subscription.organization
    owner = organization.ringcentral_connection.extension_id
    filters = [
        event_filter.replace(
            f"/account/{organization.rc_account_id}/", "/account/~/"
        ).replace(f"/extension/{owner}/", "/extension/~/")
        for event_filter in found.event_filters
    ]
    return filters == [subscription.event_filter] and (
        found.address == subscription.address
    )


def _delete_strays(created: LoggingSubscription, client: RingCentral) -> None:
    """Delete RingCentral's subscriptions to this server that have no row here.

    A request to create one may have been carried out although no response arrived.
    """
    stored = set(LoggingSubscription.objects.values_list("subscription_id", flat=True))
    ours = created.address.removesuffix(f"{created.pk}/")
    for found in list_subscriptions(client):
        if found.address.startswith(ours) and found.id not in stored:
            delete_subscription(client, found.id)


def _create(
    organization: Organization, event_filter: str, client: RingCentral, *, now: datetime
) -> LoggingSubscription:
    token = secrets.token_urlsafe(32)
    # The row comes first: RingCentral tries the address before it answers.
    subscription = LoggingSubscription.objects.create(
        organization=organization,
        event_filter=event_filter,
        verification_token_hash=LoggingSubscription.hash_token(token),
    )
    try:
        created = create_subscription(
            client,
            event_filter=event_filter,
            address=subscription.address,
            verification_token=token,
            lifetime=LoggingSubscription.LIFETIME,
        )
    except RingCentralError as error:
        subscription.status = Status.FAILED
        subscription.failure = str(error)[:300]
    else:
        subscription.subscription_id = created.id
        subscription.expires_at, subscription.polled_at = created.expires_at, now
        subscription.status = Status.ACTIVE
    subscription.save()
    return subscription
