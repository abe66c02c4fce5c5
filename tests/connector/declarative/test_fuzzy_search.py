"""A CRM's search may be fuzzy: who has another number is not taken."""

import pytest

from connector.errors import NotSupported, PermanentError

STRANGER = {
    "id": 7,
    "name": "Walt Wrong",
    "phone": "(415) 555-0199",
    "notes": "call back 6505550100",
}
LONGER = {"id": 7, "name": "W", "phone": "+1 650 555 0100 9"}
RIGHT = {"id": 8, "name": "Ada", "phone": "(650) 555-0100"}
NUMBER = "+16505550100"


def find(**item):
    return {
        "findContact": {
            "url": "/contacts?q={{parsedPhoneNumber.number.significant}}",
            "responseMapping": {"listPath": "body.items", "item": item},
        }
    }


def ids(crm, number=NUMBER):
    return [contact.id for contact in crm.find_contact(number)]


@pytest.mark.parametrize("item", [{"phonePath": "phone"}, {}])
def test_contact_with_another_number_is_not_taken(acme, item):
    crm, _ = acme(
        find(**item), (200, {"items": [STRANGER]}), (200, {"items": [LONGER, RIGHT]})
    )

    assert ids(crm) == []
    [contact] = crm.find_contact(NUMBER)
    assert (contact.id, contact.phone_number) == ("8", "(650) 555-0100")


@pytest.mark.parametrize(
    ("path", "person"),
    [
        (["phone", "mobile"], {"phone": "(415) 555-0199", "mobile": "650.555.0100"}),
        ("phones.*.value", {"phones": [{"value": "1"}, {"value": "650 555 0100"}]}),
        ("phones", {"phones": ["(415) 555-0199", "+16505550100"]}),
        ("phone", {"phone": "650-555-0101 / 650-555-0100"}),
        ("phone", {"phone": 6505550100}),
        ("phone", {"phone": None}),
        ("phone", {"phone": " "}),
        ("phones", {"phones": []}),
        ("", {"phone": "(415) 555-0199"}),
    ],
)
def test_any_of_its_numbers_may_be_the_one(acme, path, person):
    crm, _ = acme(find(phonePath=path), (200, {"items": [{"id": 9, **person}]}))

    assert ids(crm) == ["9"]


@pytest.mark.parametrize(
    "person", [{"phone": "(415) 555-0199"}, {"phone": "", "mobile": "(415) 555-0199"}]
)
def test_none_of_its_numbers_is_the_one(acme, person):
    paths = ["phone", "mobile"]
    crm, _ = acme(find(phonePath=paths), (200, {"items": [{"id": 9, **person}]}))

    assert ids(crm) == []


def test_path_to_objects_instead_of_numbers_is_named(acme):
    phones = [{"value": "(415) 555-0199"}]
    crm, _ = acme(
        find(phonePath="phones"), (200, {"items": [{"id": 9, "phones": phones}]})
    )

    with pytest.raises(PermanentError, match="phonePath phones leads to an object"):
        crm.find_contact(NUMBER)


def test_extension_is_no_part_of_a_number(acme):
    extensions = [{"id": 1, "phone": "+1 650 555 0101"}, {"id": 2, "phone": "101"}]
    crm, _ = acme(find(), (200, {"items": extensions}))

    assert ids(crm, "101") == ["2"]


def test_national_number_is_of_the_organizations_country(acme):
    crm, _ = acme(find(), (200, {"items": [{"id": 1, "phone": "001 650 555 0100"}]}))
    crm.region = "DE"

    assert ids(crm) == ["1"]


def test_name_of_blanks_is_no_name(acme):
    crm, _ = acme(find(namePath="{{first}} {{last}}"), (200, {"items": [{"id": 1}]}))

    assert [contact.name for contact in crm.find_contact(NUMBER)] == [""]


def test_contact_is_found_by_its_name_and_any_number(acme):
    by_name = {"url": "/contacts?name={{name}}", "responseMapping": {}}
    crm, transport = acme({"findContactWithName": by_name}, (200, [RIGHT]))

    [contact] = crm.find_contact_with_name("Ada & Co")

    assert (contact.id, contact.name) == ("8", "Ada")
    assert transport.requests[-1].url.endswith("?name=Ada%20%26%20Co")
    assert crm.implements("find_contact_with_name")


def test_document_without_the_operation_has_no_search_by_name(acme):
    crm, _ = acme(find(), (200, {"items": []}))

    assert not crm.implements("find_contact_with_name")
    with pytest.raises(NotSupported):
        crm.find_contact_with_name("Ada")
