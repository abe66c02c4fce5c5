import pytest
from django.template.loader import render_to_string

from appconnect.organizations.logging_settings.forms import MASK, AdditionalFieldsForm
from connector.manifest import AdditionalField, Option

COLORS = (Option(const="r", title="Red"), Option(const="g", title="Green"))
NAME = AdditionalField(const="name", title="Name", type="inputField", required=True)
SECRET = AdditionalField(
    const="key", title="Key", type="inputField", widget="password", required=True
)


def form(*fields: AdditionalField, data=None, stored=None) -> AdditionalFieldsForm:
    return AdditionalFieldsForm(data, additional_fields=fields, stored=stored)


def wire(*fields: AdditionalField, values, stored=None) -> AdditionalFieldsForm:
    return AdditionalFieldsForm.from_wire(
        values, additional_fields=fields, stored=stored or {}
    )


def html(shown: AdditionalFieldsForm) -> str:
    page = render_to_string(
        "console/settings/fields/_additional_fields.html", {"fields": shown}
    )
    return " ".join(page.split())


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"type": "inputField"}, '<input type="text"'),
        ({"type": "string"}, '<input type="text"'),
        ({"type": "password"}, '<input type="password"'),
        ({"widget": "password"}, '<input type="password"'),
        ({"widget": "textarea"}, "<textarea"),
        ({"widget": "hidden"}, '<input type="hidden"'),
        ({"type": "checkbox"}, '<input type="checkbox"'),
        ({"type": "date"}, '<input type="date"'),
        ({"type": "selection", "options": COLORS}, '<option value="g">Green</option>'),
        (
            {"type": "selection", "options": COLORS, "allow_custom_value": True},
            '<datalist id="f-options"> <option value="r">Red</option>',
        ),
        (
            {"type": "selection", "options": COLORS, "include_none_option": True},
            '<option value="none">None</option>',
        ),
        ({"placeholder": "like this"}, 'placeholder="like this"'),
        ({"description": "What it is."}, "What it is.</small>"),
        ({"required": True}, "required"),
        ({"default": "as before"}, 'value="as before"'),
    ],
)
def test_each_type_has_its_input(declared, expected):
    field = AdditionalField(const="f", title="F", **declared)

    assert expected in html(form(field))


def test_banner_shows_its_markdown_and_has_no_input():
    banner = AdditionalField(
        const="note",
        title="Mind",
        type="warning",
        description="**Bold** and [a link](https://example.com)",
    )

    shown = html(form(banner))

    assert "<strong>Bold</strong>" in shown
    assert '<a href="https://example.com">a link</a>' in shown
    assert wire(banner, values={"note": "x"}).is_valid()


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>)",
        "![x](http://evil.example/pixel.png)",
        "<img src=x onerror=alert(1)>",
        "[x](http://plain.example)",
    ],
)
def test_a_hostile_manifest_is_inert(hostile):
    fields = [
        AdditionalField(const="b", title=hostile, type="warning", description=hostile),
        AdditionalField(const=hostile, title=hostile, description=hostile),
        AdditionalField(
            const="s", title="S", options=(Option(const=hostile, title=hostile),)
        ),
    ]

    shown = html(form(*fields))

    assert "<script" not in shown
    assert "<img" not in shown
    assert "href=" not in shown


def test_a_stored_secret_is_never_rendered():
    shown = html(form(SECRET, stored={"key": "CANARY-9f31"}))

    assert "CANARY" not in shown
    assert MASK in shown


@pytest.mark.parametrize("typed", ["", MASK])
def test_untyped_secret_is_unchanged(typed):
    unchanged = form(SECRET, data={"key": typed}, stored={"key": "old"})

    assert unchanged.is_valid()
    assert unchanged.values == {"key": "old"}


def test_a_typed_secret_replaces_the_old_one():
    replaced = form(SECRET, data={"key": "new"}, stored={"key": "old"})

    assert replaced.is_valid()
    assert replaced.values == {"key": "new"}


def test_secret_must_be_typed_again_when_another_text_changes():
    changed = form(
        NAME, SECRET, data={"name": "b", "key": ""}, stored={"name": "a", "key": "old"}
    )

    assert not changed.is_valid()
    assert "“Name” has changed" in changed.errors["key"][0]


@pytest.mark.parametrize(
    ("declared", "typed"),
    [
        ({"type": "selection", "options": COLORS, "default": "r"}, "g"),
        ({"type": "checkbox", "default": "true"}, ""),
        ({"type": "date"}, "2026-03-02"),
        ({"type": "inputField"}, "evil.example.com"),
        ({"widget": "hidden"}, "evil.example.com"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_secret_must_be_typed_again_when_any_other_field_changes(declared, typed):
    """A field that the manifest has only since then counts too: its default is compared."""
    other = AdditionalField(const="other", title="Other", **declared)

    changed = form(
        other, SECRET, data={"other": typed, "key": ""}, stored={"key": "old"}
    )

    assert "“Other” has changed" in changed.errors["key"][0]


def test_every_value_is_a_string():
    fields = [
        NAME,
        AdditionalField(const="done", title="Done", type="checkbox"),
        AdditionalField(const="day", title="Day", type="date"),
        AdditionalField(const="color", title="Color", type="selection", options=COLORS),
    ]
    data = {"name": "n", "done": "on", "day": "2026-03-02", "color": "g"}

    filled = form(*fields, data=data)

    assert filled.is_valid()
    assert filled.values == {**data, "done": "true"}


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        (NAME, "", "required"),
        (NAME, "x" * 5000, "at most 4000"),
        (
            AdditionalField(const="name", title="N", pattern="[a-z]+"),
            "abc1",
            "Wrong format",
        ),
        (
            AdditionalField(const="name", title="N", type="selection", options=COLORS),
            "blue",
            "blue is not one of",
        ),
        (AdditionalField(const="name", title="N", type="date"), "soon", "valid date"),
    ],
)
def test_a_wrong_value_is_named_at_its_field(field, value, fault):
    for faulty in (
        form(field, data={"name": value}),
        wire(field, values={"name": value}),
    ):
        assert fault in faulty.errors["name"][0]


def test_absent_value_in_a_request_keeps_the_stored_one():
    done = AdditionalField(const="done", title="D", type="checkbox", default="true")

    unchanged = wire(NAME, SECRET, done, values={}, stored={"name": "n", "key": "k"})

    assert unchanged.is_valid()
    assert unchanged.values == {"name": "n", "key": "k", "done": "true"}


@pytest.mark.parametrize(("value", "stored"), [(True, "true"), ("false", "false")])
def test_checkbox_in_a_request_is_a_boolean_or_its_word(value, stored):
    done = AdditionalField(const="done", title="D", type="checkbox")

    filled = wire(done, values={"done": value})

    assert filled.is_valid()
    assert filled.values == {"done": stored}


def test_unknown_member_in_a_request_is_named():
    assert "nmae" in str(wire(NAME, values={"name": "n", "nmae": "x"}).errors)


@pytest.mark.parametrize("value", [[], {"a": 1}])
def test_list_or_object_in_a_request_is_named(value):
    assert "name" in wire(NAME, values={"name": value}).errors


def test_empty_texts_in_a_request_clear_everything():
    cleared = wire(
        NAME, SECRET, values={"name": "", "key": ""}, stored={"name": "n", "key": "k"}
    )

    assert cleared.clears
    assert not wire(NAME, SECRET, values={"name": ""}, stored={"key": "k"}).clears
