from datetime import timedelta

from appconnect.calls.client.queries import claim_search, find_search
from appconnect.calls.models import ContactSearch

LEASE = timedelta(minutes=1)


def claim(organization, looked_up_at, now) -> ContactSearch | None:
    until = now + LEASE
    return claim_search(
        organization, "x", looked_up_at=looked_up_at, until=until, now=now
    )


def test_one_of_several_clients_at_once_searches_the_crm(organization, now):
    first = claim(organization, None, now)

    assert first == find_search(organization, "x")
    assert claim(organization, None, now) is None
    assert claim(organization, None, now + LEASE) == first


def test_client_that_read_the_row_before_the_answer_does_not_search_again(
    organization, now
):
    search = claim(organization, None, now)
    search.contacts, search.looked_up_at, search.looking_until = [], now, None
    search.save()

    assert claim(organization, None, now) is None
    assert claim(organization, now, now) == search
