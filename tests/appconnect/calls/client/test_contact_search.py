from datetime import timedelta

import pytest

from appconnect.calls.models import ContactSearch

LEASE = timedelta(minutes=1)


@pytest.fixture
def row(organization) -> ContactSearch:
    return ContactSearch.objects.create(organization=organization, question_hash="x")


def test_only_one_of_those_who_ask_together_asks_the_crm(row, now):
    another = ContactSearch.objects.get()

    assert row.take_lease(now, LEASE)
    assert not another.take_lease(now, LEASE)
    assert another.take_lease(now + LEASE, LEASE)


def test_who_read_the_row_before_it_had_an_answer_does_not_ask_again(row, now):
    late = ContactSearch.objects.get()
    row.contacts = []
    row.looked_up_at = now
    row.save()

    assert not late.take_lease(now, LEASE)
    assert ContactSearch.objects.get().take_lease(now, LEASE)
