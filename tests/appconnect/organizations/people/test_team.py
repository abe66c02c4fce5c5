import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from appconnect.organizations.models import AuditEntry, Member
from appconnect.organizations.people import team
from appconnect.organizations.people.team import TeamError
from appconnect.sandbox.ringcentral import seed
from tests.support.organization import ADA, make_organization

Role = Member.Role
Action = AuditEntry.Action


@pytest.fixture
def ben(organization, member, now) -> Member:
    """Ben, whom an admin has made an operator."""
    return team.add_at_extension(
        organization,
        seed.extension_id("102"),
        name="Ben Baker",
        email="ben.baker@example.com",
        role=Role.OPERATOR,
        actor=ADA,
        now=now,
    )


def test_each_change_of_the_team_is_one_entry(organization, ben, now):
    team.change_role(ben, Role.VIEWER, actor=ADA, now=now)
    team.change_role(ben, Role.VIEWER, actor=ADA, now=now)
    team.remove(ben, actor=ADA, now=now)
    team.remove(ben, actor=ADA, now=now)

    removed, changed, added = organization.audit_entries.all()
    assert [added.action, changed.action, removed.action] == [
        Action.MEMBER_ADDED,
        Action.ROLE_CHANGED,
        Action.MEMBER_REMOVED,
    ]
    assert {added.subject, changed.subject, removed.subject} == {"Ben Baker"}
    assert changed.changes == [
        {"field": "role", "before": "OPERATOR", "after": "VIEWER"}
    ]


def test_member_cannot_be_added_twice(organization, ben, now):
    with pytest.raises(TeamError, match="Ben Baker is already a member"):
        team.add_at_extension(
            organization,
            ben.extension_id,
            name="Ben Baker",
            email="",
            role=Role.ADMIN,
            actor=ADA,
            now=now,
        )

    ben.refresh_from_db()
    assert ben.role == Role.OPERATOR


def test_a_user_name_of_another_organization_is_taken(organization, stranger, now):
    with pytest.raises(TeamError, match="is taken"):
        team.add_local(organization, "charlie", role=Role.VIEWER, actor=ADA, now=now)

    assert stranger.user.member.organization != organization


def test_readded_member_has_no_password(organization, member, now):
    local = team.add_local(organization, "eva", role=Role.VIEWER, actor=ADA, now=now)
    local.user.set_password("an old password")
    local.user.save()
    team.remove(local, actor=ADA, now=now)

    back = team.add_local(organization, "eva", role=Role.OPERATOR, actor=ADA, now=now)

    assert (back.pk, back.role) == (local.pk, Role.OPERATOR)
    assert back.user.is_active
    assert not back.user.has_usable_password()


def test_the_last_admin_stays(organization, member, ben, now):
    with pytest.raises(TeamError, match="ada is the last admin"):
        team.change_role(member, Role.VIEWER, actor=ADA, now=now)
    with pytest.raises(TeamError, match="ada is the last admin"):
        team.remove(member, actor=ADA, now=now)

    member.refresh_from_db()
    assert member.role == Role.ADMIN
    assert member.user.is_active


def test_removed_admin_does_not_count_as_the_last_admin(organization, member, now):
    other = team.add_local(organization, "eva", role=Role.ADMIN, actor=ADA, now=now)
    team.remove(other, actor=ADA, now=now)

    with pytest.raises(TeamError):
        team.remove(member, actor=ADA, now=now)


def test_stale_member_is_read_again_before_a_change(organization, member, now):
    other = team.add_local(organization, "eva", role=Role.ADMIN, actor=ADA, now=now)
    seen_before = Member.objects.get(pk=member.pk)
    team.remove(other, actor=ADA, now=now)

    with pytest.raises(TeamError, match="last admin"):
        team.change_role(seen_before, Role.VIEWER, actor=ADA, now=now)


@pytest.mark.on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_admins_cannot_remove_each_other():
    organization = make_organization()
    admins = [
        Member.objects.create(
            user=User.objects.create_user(name), organization=organization
        )
        for name in ("ada", "eva")
    ]
    start, refused = threading.Barrier(2), []

    def remove(admin: Member) -> None:
        start.wait()
        try:
            team.remove(admin, actor=ADA, now=timezone.now())
        except TeamError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=remove, args=[Member.objects.get(pk=admin.pk)])
        for admin in admins
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert organization.members.admins().count() == 1


def test_admin_role_needs_the_admin_right_at_ringcentral(
    connected, member, ben, sandbox, now
):
    with pytest.raises(TeamError, match="not a RingCentral admin"):
        team.change_role(ben, Role.ADMIN, actor=ADA, now=now)

    sandbox.switch(promote="102")
    team.change_role(ben, Role.ADMIN, actor=ADA, now=now)

    ben.refresh_from_db()
    assert ben.role == Role.ADMIN


def test_admin_role_cannot_be_given_while_ringcentral_is_down(
    connected, ben, settings, now
):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"

    with pytest.raises(TeamError, match="RingCentral couldn't confirm"):
        team.change_role(ben, Role.ADMIN, actor=ADA, now=now)


def test_local_user_name_cannot_begin_like_ringcentrals(organization, now):
    with pytest.raises(TeamError, match="can't start with rc-"):
        team.add_local(organization, "RC-1-2", role=Role.VIEWER, actor=ADA, now=now)
