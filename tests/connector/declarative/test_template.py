from datetime import UTC, datetime

import pytest

from connector.declarative.expressions.path import UNDEFINED, TemplateError
from connector.declarative.expressions.template import (
    evaluate,
    expressions_in,
    parse_expression,
    render,
    render_text,
    render_url,
)

CONTEXT = {
    "name": "Ada & Co",
    "id": 7,
    "none": None,
    "empty": "",
    "no": False,
    "start": "2026-03-02T23:15:05.000Z",
    "zone": "Asia/Tokyo",
    "phones": [
        {"type": "fax", "number": "1", "main": False},
        {"type": "call", "number": "2", "main": True, "at": {"kind": "work"}},
    ],
    "odd": {"@odata.next": "n", "a-b": 1},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("phones.1.number", "2"),
        ("phones[type=call].0.number", "2"),
        ("phones[type!=call].0.number", "1"),
        ("phones[main].0.number", "2"),
        ("phones[!main].0.number", "1"),
        ("phones[at.kind=work].length", 1),
        ("phones[type='call'][main].0.number", "2"),
        ("phones[type=nobody]", []),
        ("phones.2.number", UNDEFINED),
        ("phones.-1", UNDEFINED),
        ("name.first", UNDEFINED),
        ("none.x", UNDEFINED),
        ("none", None),
        ('odd["@odata.next"]', "n"),
        ("odd.a-b", 1),
        ("$.phones[1].number", "2"),
        ("phones[1][number]", UNDEFINED),
        ("$", CONTEXT),
        ("", CONTEXT),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(path, value):
    assert evaluate(path, CONTEXT) == value


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{id}}", 7),
        ("{{ id }}", 7),
        ("{{none}}", None),
        ("{{nobody}}", UNDEFINED),
        ("{{nobody.at.all}}", UNDEFINED),
        ("a{{nobody}}b{{none}}c{{id}}{{no}}", "abc7false"),
        ("{{phones.0}}!", '{"type": "fax", "number": "1", "main": false}!'),
        ({"a": "{{nobody}}", "b": "{{none}}"}, {"b": None}),
        ({"owner": {"id": "{{nobody}}"}, "x": {}}, {"x": {}}),
        (["{{nobody}}", "{{id}}", True], [7, True]),
        (
            [{"$when": "{{nobody}}", "kind": "User"}, {"kind": "Lead"}],
            [{"kind": "Lead"}],
        ),
        ({"$when": "{{id}}", "id": "{{id}}"}, {"id": 7}),
    ],
)
def test_a_template_of_any_shape_is_filled_in(template, value):
    assert render(template, CONTEXT) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("start|date:'%d.%m.%Y %H:%M'", "02.03.2026 23:15"),
        ("start|date:'%Y-%m-%d','America/New_York'", "2026-03-02"),
        ("start|date:'%Y-%m-%d',zone", "2026-03-03"),
        ("start|date:'%m'|number", 3),
        ("start|epoch", 1772493305),
        ("start|epochMs", 1772493305000),
        ("start|epochMs|date:'%H:%M:%S'", "23:15:05"),
        ("start|plus:'60'|date:'%H:%M:%S'", "23:16:05"),
        ("start|epochMs|plus:'60'|date:'%H:%M:%S'", "23:16:05"),
        ("id|duration:'%H:%M:%S'", "00:00:07"),
        ("id|minutes", 0),
        ("id|text", "7"),
        ("id|is:'7','8'", True),
        ("id|map:'7=seven'", "seven"),
        ("id|map:'8=eight'", UNDEFINED),
        ("id|map:'8=eight'|default:'other'", "other"),
        ("nobody|not", True),
        ("nobody|default:'x'", "x"),
        ("nobody|default:name", "Ada & Co"),
        ("empty|default:'x'", "x"),
        ("no|default:'x'", False),
        ("nobody|number", UNDEFINED),
        ("nobody|base64", UNDEFINED),
        ("name|base64", "QWRhICYgQ28="),
        ("name|spread:'%'", "A%d%a% %&% %C%o"),
        ("name|html", "Ada &amp; Co"),
        ("name|json", '"Ada & Co"'),
        ("name|cut:'3'|upper", "ADA"),
        ("name|lower", "ada & co"),
        ("name|after:' '", "Co"),
        ("name|before:' '", "Ada"),
        ("start|digits", "20260302231505000"),
    ],
)
def test_a_filter_changes_a_value(expression, value):
    assert parse_expression(expression).value(CONTEXT) == value


def test_a_value_of_a_redirects_query_is_read():
    url = "https://crm.example.com/?state=1&code=22%3Aabc"

    assert evaluate("url|query:'code'", {"url": url}) == "22:abc"
    assert evaluate("url|query:'nothing'", {"url": url}) is UNDEFINED


@pytest.mark.parametrize(
    "seconds", [1772493305, "1772493305", 1772493305000, 1772493305 * 10**6]
)
def test_a_time_may_be_an_epoch(seconds):
    at = datetime.fromtimestamp(1772493305, UTC).strftime("%H:%M")

    assert evaluate("at|date:'%H:%M'", {"at": seconds}) == at


@pytest.mark.parametrize(
    "expression",
    [
        "name|date:'%Y'",
        "name|number",
        "phones|minutes",
        "start|date:'%Y','Nowhere/At_all'",
        "big|epoch",
        "inf|number",
    ],
)
def test_unfit_value_is_reported_without_showing_it(expression):
    context = {**CONTEXT, "big": -(10**30), "inf": "inf"}

    with pytest.raises(TemplateError, match="cannot be applied") as caught:
        parse_expression(expression).value(context)

    assert "Ada" not in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("name|lowr", "no filter lowr; did you mean lower?"),
        ("name|date", "the arguments of date are to be 1 to 2"),
        ("name|lower:'x'", "the arguments of lower are to be 0"),
        ("name|", "not understood from |"),
        ("name|cut:'3", "the arguments of cut are to be 1"),
        ("a..b", "not understood at character 3"),
        ("a[b", "not understood at character 2"),
        ("__class__()|text()", "not understood from ()"),
    ],
)
def test_invalid_expression_is_named(expression, message):
    with pytest.raises(TemplateError) as caught:
        parse_expression(expression)

    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["{{", "{{a", "{{a[!}}", "{{a[b=}}"])
def test_unclosed_braces_are_reported_at_once(text):
    with pytest.raises(TemplateError):
        list(expressions_in(text.replace("}}", " " * 5000 + "}}") + " " * 5000))


def test_an_expression_reaches_no_attribute_of_python():
    assert evaluate("name.__class__", CONTEXT) is UNDEFINED
    assert evaluate("phones.__len__", CONTEXT) is UNDEFINED
    assert evaluate("$.__init__.__globals__", CONTEXT) is UNDEFINED


def test_values_in_a_url_are_encoded_but_not_its_host():
    context = {"host": "crm.example.com:8443", "id": "a/b?c#d &", "base": "https://x/y"}

    assert (
        render_url("https://{{host}}/c/{{id}}?q={{id}}", context)
        == "https://crm.example.com:8443/c/a%2Fb%3Fc%23d%20%26?q=a%2Fb%3Fc%23d%20%26"
    )
    assert render_url("{{base}}/z", context) == "https://x/y/z"


@pytest.mark.parametrize("value", [".", ".."])
def test_a_value_cannot_lead_to_another_path(value):
    with pytest.raises(TemplateError):
        render_url("/users/{{id}}/calls", {"id": value})


def test_text_is_filled_in_unchanged():
    assert render_text("{{a}}", {"a": "{{b}}", "b": "no"}) == "{{b}}"


INBOUND = {"direction": "Inbound", "result": "Missed", "tags": ["vip", 7], "id": 7}
MISSED_INBOUND = {
    "all": [
        "{{direction|is:'Inbound'}}",
        {"any": ["{{nobody}}", "{{result|is:'Missed'}}"]},
    ]
}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ({"type": {"$when": MISSED_INBOUND, "$then": "Missed"}}, {"type": "Missed"}),
        ({"type": {"$when": "{{nobody}}", "$then": 1, "$else": "{{id}}"}}, {"type": 7}),
        ({"a": 1, "b": {"$when": "{{nobody}}", "$then": "b"}}, {"a": 1}),
        ({"a": 1, "b": {"$when": "{{id}}", "$else": "b"}}, {"a": 1}),
        (["x", {"$when": "{{id}}", "$then": "{{id}}"}], ["x", 7]),
        ({"$when": MISSED_INBOUND, "id": "{{id}}"}, {"id": 7}),
        ({"$when": {"any": ["{{nobody}}"]}, "id": "{{id}}"}, UNDEFINED),
    ],
)
def test_a_value_of_any_type_depends_on_a_condition(template, value):
    assert render(template, INBOUND) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("result|contains:'iss','x'", True),
        ("result|contains:'is not'", False),
        ("result|contains:nobody", False),
        ("nobody|contains:'x'", False),
        ("tags|contains:'vip'", True),
        ("tags|contains:id", True),
        ("tags|contains:'vi'", False),
        ("result|startsWith:'Mis'", True),
        ("result|startsWith:nobody", False),
        ("nobody|startsWith:'x'", False),
        ("id|is:tags.1", True),
        ("nobody|default:tags", ["vip", 7]),
        ("nobody|default:none", UNDEFINED),
        ("long|duration:'%M:%S'", "66:40"),
        ("long|duration:'%H:%M'", "01:06"),
        ("long|duration:'%S'", "4000"),
        ("short|minutes", 0),
        ("half|minutes", 3),
        ('quoted|replace:"\'","\'\'"', "O''Brien \\"),
        ("quoted|replace:'\\','\\\\'|replace:\"'\",\"\\'\"", "O\\'Brien \\\\"),
        ("short|minutes:'up'", 1),
    ],
)
def test_a_filter_compares_or_counts(expression, value):
    context = {
        **INBOUND,
        "long": 4000,
        "short": 20,
        "half": 150,
        "quoted": "O'Brien \\",
    }

    assert parse_expression(expression).value(context) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("phones[number=$.own].0.type", "call"),
        ("phones[number!=$.own].0.type", "fax"),
        ("phones[number=$.nobody]", []),
        ("phones[type^=ca].0.number", "2"),
        ("phones[type*=a].length", 2),
        ("phones[type*=$.nobody]", []),
        ("phones.*.number", ["1", "2"]),
        ("phones.*.at.kind", ["work"]),
        ("phones[type=call].*.number", ["2"]),
        ("name.*", UNDEFINED),
    ],
)
def test_a_path_compares_with_a_value_and_leads_to_every_item(path, value):
    assert evaluate(path, {**CONTEXT, "own": 2}) == value
