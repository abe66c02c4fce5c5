from datetime import timedelta

import pytest

from appconnect.calls.models import ContactSearch

LEASE = timedelta(minutes=1)


@pytest.fixture
def row(organization) -> ContactSearch:
    return ContactSearch.objects.create(organization=organization, question_hash="x")


def take_lease(row: ContactSearch, now) -> bool:
    return row.take_lease(
        "looking_until", LEASE, now=now, looked_up_at=row.looked_up_at
    )


def test_one_of_several_clients_at_once_searches_the_crm(row, now):
    another = ContactSearch.objects.get()

    assert take_lease(row, now)
    assert not take_lease(another, now)
    assert take_lease(another, now + LEASE)


def test_client_that_read_the_row_before_the_answer_does_not_search_again(row, now):
    late = ContactSearch.objects.get()
    row.contacts = []
    row.looked_up_at = now
    row.save()

    assert not take_lease(late, now)
    assert take_lease(ContactSearch.objects.get(), now)
