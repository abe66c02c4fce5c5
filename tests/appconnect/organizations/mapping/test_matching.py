"""Which CRM users match an extension, and how certain that is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appconnect.organizations.mapping.directory import CrmUserRow, ExtensionRow
from appconnect.organizations.mapping.matching import (
    MAX_CANDIDATES,
    Confidence,
    Finding,
    Why,
    match,
    name_key,
)

CERTAIN, LIKELY, AMBIGUOUS, NONE = Confidence


def extension(
    pk: int = 1,
    name: str = "",
    email: str = "",
    type: str = "User",
    is_enabled: bool = True,
) -> ExtensionRow:
    return ExtensionRow(pk, f"e{pk}", str(pk), name, email, type, is_enabled)


def user(
    pk: int = 1, name: str = "", email: str = "", is_active: bool = True
) -> CrmUserRow:
    return CrmUserRow(pk, f"u{pk}", name, email, is_active)


@pytest.mark.parametrize(
    ("extensions", "users", "results"),
    [
        pytest.param(
            [extension()], [user()], [(NONE, ())], id="empty never equals empty"
        ),
        pytest.param(
            [extension(email=" ")],
            [user(email="\t")],
            [(NONE, ())],
            id="spaces are empty",
        ),
        pytest.param(
            [extension(email="Ana@X.com")],
            [user(email="ana@x.com ")],
            [(CERTAIN, (1,))],
            id="the spelling of an address does not matter",
        ),
        pytest.param(
            [extension(1, email="a@x"), extension(2, email="a@x")],
            [user(email="a@x")],
            [(AMBIGUOUS, (1,)), (AMBIGUOUS, (1,))],
            id="one address, two extensions",
        ),
        pytest.param(
            [extension(email="a@x")],
            [user(1, email="a@x"), user(2, email="a@x")],
            [(AMBIGUOUS, (1, 2))],
            id="one address, two CRM users",
        ),
        pytest.param(
            [extension(email="a@x")],
            [user(email="a@x", is_active=False)],
            [(NONE, (1,))],
            id="an inactive CRM user is listed, not matched",
        ),
        pytest.param(
            [extension(email="a@x")],
            [user(1, email="a@x", is_active=False), user(2, email="a@x")],
            [(CERTAIN, (2,))],
            id="an inactive namesake does not stand in the way",
        ),
        pytest.param(
            [extension(email="a@x", is_enabled=False)],
            [user(email="a@x")],
            [(NONE, ())],
            id="an extension that is not in use",
        ),
        pytest.param(
            [extension(name="Sales", type="Department")],
            [user(name="Sales")],
            [(NONE, ())],
            id="a queue without an address",
        ),
        pytest.param(
            [extension(name="Sales", email="s@x", type="Department")],
            [user(name="Sales", email="s@x")],
            [(NONE, ())],
            id="a queue with an address",
        ),
        pytest.param(
            [extension(email="ana+rc@x.com")],
            [user(email="Ana@x.com")],
            [(LIKELY, (1,))],
            id="a plus tag on one side",
        ),
        pytest.param(
            [extension(1, email="ana+1@x"), extension(2, email="ana+2@x")],
            [user(email="ana@x")],
            [(AMBIGUOUS, (1,)), (AMBIGUOUS, (1,))],
            id="two plus tags of one mailbox",
        ),
        pytest.param(
            [extension(1, email="ana@x"), extension(2, email="ana+desk@x")],
            [user(email="ana@x")],
            [(CERTAIN, (1,)), (AMBIGUOUS, (1,))],
            id="whoever is certain stays so",
        ),
        pytest.param(
            [extension(email="+rc@x")],
            [user(email="+crm@x")],
            [(NONE, ())],
            id="nothing before the plus",
        ),
        pytest.param(
            [extension(name="José  Ñ", email="jose@x.com")],
            [user(name="JOSE\u0301 N\u0303", email="j.n@X.com")],
            [(LIKELY, (1,))],
            id="one name, however it is written, and one domain",
        ),
        pytest.param(
            [extension(name="Ana Lee", email="ana@x.com")],
            [user(name="Ana Lee", email="ana@y.com")],
            [(NONE, ())],
            id="one name, two domains",
        ),
        pytest.param(
            [extension(name="Ana Lee")],
            [user(1, "Ana Lee", "a@north.x"), user(2, "Ana Lee", "a@south.x")],
            [(AMBIGUOUS, (1, 2))],
            id="one name, two CRM users elsewhere",
        ),
        pytest.param(
            [extension(name="Ana Lee")],
            [user(name="Ana Lee")],
            [(NONE, ())],
            id="a name without an address",
        ),
        pytest.param(
            [extension(name="Ana Lee", email="ana@")],
            [user(name="Ana Lee", email="lee@")],
            [(NONE, ())],
            id="an empty domain",
        ),
        pytest.param(
            [extension(name="Ana", email="ana@x")],
            [user(name="Ana Lee", email="lee@x")],
            [(NONE, ())],
            id="half a name",
        ),
        pytest.param(
            [extension(name="Sam Lee", email="s@x")],
            [user(1, "Sam Lee", "sam1@x"), user(2, "Sam Lee", "sam2@x")],
            [(AMBIGUOUS, (1, 2))],
            id="one name, two CRM users",
        ),
        pytest.param(
            [extension(1, "Sam Lee", "s1@x"), extension(2, "Sam Lee", "s2@x")],
            [user(name="Sam Lee", email="sam@x")],
            [(AMBIGUOUS, (1,)), (AMBIGUOUS, (1,))],
            id="one name, two extensions",
        ),
        pytest.param(
            [extension(name="John Smith", email="john@x")],
            [user(1, "John Smith", "js@x"), user(2, "J", "john@x")],
            [(CERTAIN, (2,))],
            id="the address counts before the name",
        ),
        pytest.param(
            [extension(name="John Smith", email="john+rc@x")],
            [user(1, "John Smith", "js@x"), user(2, "J", "john@x")],
            [(AMBIGUOUS, (1, 2))],
            id="the mailbox says one and the name another",
        ),
        pytest.param(
            [extension(1, "A. Bee", "ab@x"), extension(2, "Ann Bee", "ann@x")],
            [user(name="Ann Bee", email="ab@x")],
            [(CERTAIN, (1,)), (AMBIGUOUS, (1,))],
            id="a user matched by address is not likely for another",
        ),
    ],
)
def test_matching(extensions, users, results):
    found = match(extensions, users)

    assert [found[e.pk][::2] for e in extensions] == results


def test_every_finding_has_its_reason():
    extensions = [
        extension(1, email="a@x"),
        extension(2, email="b+1@x"),
        extension(3, "Cy", "c@x"),
        extension(4, email="d@x"),
        extension(5, email="e@x"),
        extension(6, email="f@x"),
        extension(7, is_enabled=False),
        extension(8, type="Department"),
    ]
    users = [
        user(1, email="a@x"),
        user(2, email="b@x"),
        user(3, "Cy", "cy@x"),
        user(4, email="d@x"),
        user(5, email="d@x"),
        user(6, email="e@x", is_active=False),
    ]

    assert [finding.why for finding in match(extensions, users).values()] == [
        *(Why.SAME_EMAIL, Why.SAME_MAILBOX, Why.SAME_NAME, Why.SEVERAL),
        *(Why.INACTIVE_USER, Why.NOBODY, Why.DISABLED, Why.NO_PERSON),
    ]
    assert all(why.label.endswith(".") for why in Why)


def test_candidates_are_limited_to_the_first():
    users = [user(n, "Sam Lee", "s@x") for n in range(MAX_CANDIDATES + 5)]

    [finding] = match([extension(email="s@x")], users).values()

    assert finding == Finding(AMBIGUOUS, Why.SEVERAL, tuple(range(MAX_CANDIDATES)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("İpek", "i\u0307pek"),
        ("ﬁnn", "FINN"),
        ("Ανδρέας", "ΑΝΔΡΈΑΣ"),
        ("\u0390", "\u03b9\u0308\u0301"),
        ("山田\u3000太郎", "山田 太郎"),
        (" Ana\u00a0 Lee\t", "ana lee"),
    ],
)
def test_spellings_of_one_name_match(one, other):
    assert name_key(one) == name_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Işık", "Isik"), ("Jose", "José"), ("Ana Lee", "AnaLee")]
)
def test_different_names_do_not_match(one, other):
    assert name_key(one) != name_key(other)


names = st.sampled_from(["", " ", "Ana Lee", "ANA  LEE", "Straße", "STRASSE", "Bo"])
emails = st.sampled_from(
    [
        "",
        " ",
        "@",
        "+@x",
        "ana@x",
        "Ana@X ",
        "ana+1@x",
        "ana+2@x",
        "bo@x",
        "bo@y",
        "ß@x",
    ]
)
types = st.sampled_from(["User", "User", "Limited", "Department"])


@st.composite
def sides(draw) -> tuple[list[ExtensionRow], list[CrmUserRow]]:
    extensions = draw(
        st.lists(st.tuples(names, emails, types, st.booleans()), max_size=8)
    )
    users = draw(st.lists(st.tuples(names, emails, st.booleans()), max_size=8))
    return (
        [extension(pk, *row) for pk, row in enumerate(extensions)],
        [user(pk, *row) for pk, row in enumerate(users)],
    )


@given(sides(), st.randoms())
def test_the_order_of_the_lists_changes_nothing(both, random):
    extensions, users = both
    found = match(extensions, users)
    random.shuffle(extensions)
    random.shuffle(users)

    assert match(extensions, users) == found


@given(sides())
def test_every_match_is_active_and_unique(both):
    extensions, users = both
    user_of = {row.pk: row for row in users}
    found = match(extensions, users)
    chosen = [f.crm_user for f in found.values() if f.crm_user is not None]

    assert set(found) == {row.pk for row in extensions}
    assert len(chosen) == len(set(chosen)), "no CRM user for two extensions"
    for row in extensions:
        finding = found[row.pk]
        if finding.crm_user is not None:
            other = user_of[finding.crm_user]
            assert row.type != "Department"
            assert row.is_enabled
            assert other.is_active
            assert row.email.strip()
            assert other.email.strip()
        if finding.confidence is CERTAIN:
            assert row.email.strip().casefold() == other.email.strip().casefold()
