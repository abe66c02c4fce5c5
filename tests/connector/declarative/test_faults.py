"""A document with faults is not loaded; each is named by its path, with what may be meant."""

import pytest

from connector.declarative import InvalidDocument
from connector.declarative.documents.loading import load_document
from connector.manifest import InvalidManifest

FIND = {"findContact": {"url": "/c"}}


@pytest.mark.parametrize(
    ("operations", "members", "faults"),
    [
        pytest.param(
            {
                "findContacts": {"url": "/c"},
                "createCallLog": {
                    "url": "/c",
                    "description": "x",
                    "boddy": {},
                    "method": "PSOT",
                },
                "getUserList": {"url": "/u", "responseMapping": {"emailpath": "mail"}},
            },
            {"requestDefaults": {"baseURL": "https://api.acme.example"}},
            {
                "operations.findContacts: is not known; did you mean findContact?",
                "operations.createCallLog.boddy: is not known; did you mean body?",
                "operations.createCallLog.method: PSOT is not one of GET, POST, PUT, "
                "PATCH, DELETE, HEAD, get, post, put, patch, delete, head; "
                "did you mean post?",
                "operations.getUserList.responseMapping.emailpath: is not known; "
                "did you mean emailPath?",
                "requestDefaults.baseURL: is not known; did you mean baseUrl?",
            },
            id="members",
        ),
        pytest.param(
            {
                "findContact": {"url": "/c?phone={{phonenumber}}"},
                "createCallLog": {
                    "url": "/c",
                    "body": {
                        "owner": [{"id": "{{asignee.id}}"}],
                        "mail": "{{assignee.mail}}",
                        "at": "{{startTime|dat:'%Y'}}",
                        "type": "{{settings.usr}}",
                        "open": "{{subject",
                    },
                    "responseMapping": {"idPath": "bdy.id"},
                },
                "updateCallLog": {
                    "url": "/c/{{thirdPartyLogID}}",
                    "query": {"a": "{{a[}}"},
                },
            },
            {"auth": {"credentialTemplate": "{{apikey}}"}},
            {
                "auth.credentialTemplate: apikey is not known here; did you mean apiKey?",
                "operations.findContact.url: phonenumber is not known here; "
                "did you mean phoneNumber?",
                "operations.createCallLog.body.owner[0].id: asignee is not known here; "
                "did you mean assignee?",
                "operations.createCallLog.body.mail: assignee.mail is not known here; "
                "did you mean assignee.email?",
                "operations.createCallLog.body.type: settings.usr is not known here; "
                "did you mean settings.user?",
                "operations.createCallLog.body.open: {{subject: "
                "braces are not closed, or inside others",
                "operations.createCallLog.body.at: startTime|dat:'%Y': there is no filter dat; "
                "did you mean date?",
                "operations.createCallLog.responseMapping.idPath: bdy is not known here; "
                "did you mean body?",
                "operations.updateCallLog.url: thirdPartyLogID is not known here; "
                "did you mean thirdPartyLogId?",
                "operations.updateCallLog.query.a: a[: not understood at character 2",
            },
            id="templates",
        ),
        pytest.param(
            {
                "getUserList": {
                    "url": "/u",
                    "params": {},
                    "responseMapping": {"listPath": "users", "item": {}},
                },
            },
            {},
            {
                "operations.getUserList.params: is not known; known here: method, url, "
                "headers, query, body, bodyFormat, auth, assertion, paging, errors, responseMapping, steps, unsupported",
                "operations.getUserList.responseMapping.item: is not known; known here: "
                "listPath, idPath, namePath, emailPath, isActivePath",
            },
            id="members that are like no other",
        ),
        pytest.param(
            {
                "getUserList": {"url": "/u", "responseMapping": {"listPath": "users"}},
                "createContact": {
                    "url": "/c",
                    "responseMapping": {"idPath": "zebra.id"},
                },
            },
            {},
            {
                "operations.getUserList.responseMapping.listPath: users is not known here; "
                "did you mean user or body.users?",
                "operations.createContact.responseMapping.idPath: zebra is not known here; "
                "did you mean body.zebra?",
            },
            id="paths without body",
        ),
        pytest.param(
            {
                "getUserInfo": {"responseMapping": {}},
                "createCallLog": {
                    "steps": [
                        {"name": "one", "url": "/{{steps.two.body.id}}"},
                        {"name": "one", "url": "/b"},
                    ],
                    "errors": [{"when": "{{boddy.error}}", "means": "no contact"}],
                },
            },
            {},
            {
                "operations.createCallLog.errors[0].means: no contact is not one of success, "
                "nothingFound, credentialsRejected, rateLimited, duplicate, temporary, "
                "refused, invalidSettings",
            },
            id="meanings",
        ),
        pytest.param(
            {
                "getUserInfo": {"responseMapping": {}},
                "updateServerLoggingSettings": {
                    "steps": [
                        {
                            "name": "a",
                            "url": "/",
                            "errors": [{"means": "invalidSettings", "field": "usr"}],
                        }
                    ]
                },
                "updateCallLog": {
                    "steps": [{"name": "a", "url": "/", "creates": True}]
                },
                "getCallLog": {"unsupported": "Acme cannot"},
                "createCallLog": {
                    "steps": [
                        {"name": "one", "url": "/{{steps.on.body.id}}"},
                        {"name": "two", "url": "/{{steps.on.body.id}}"},
                        {"name": "two", "url": "/b"},
                    ],
                    "errors": [{"when": "{{boddy.error}}", "means": "refused"}],
                },
            },
            {
                "marker": {"support": "searchable"},
                "errors": [{"means": "rateLimited", "retryAfterPath": "bod.wait"}],
                "requestDefaults": {"baseUrl": "https://other.example/v1"},
            },
            {
                "operations.getUserInfo.url: is missing; an operation has a url or steps",
                "operations.getCallLog.unsupported: only for updateCallLog",
                "operations.updateCallLog.steps[0].creates: only for "
                "createCallLog, createContact",
                "operations.createCallLog.steps: one of several must say creates",
                "operations.createCallLog.steps[1].name: two is used twice",
                "operations.createCallLog.steps[2].name: two is used twice",
                "operations.createCallLog.steps[0].url: steps.on is not known here",
                "operations.createCallLog.steps[1].url: steps.on is not known here; "
                "did you mean steps.one?",
                "operations.createCallLog.errors[0].when: boddy is not known here; "
                "did you mean body?",
                "operations.findCallLogs: is missing; a marker is to be found",
                "operations.createCallLog: writes {{marker}} nowhere; it is to be found",
                "operations.updateServerLoggingSettings.steps[0].errors[0].field: "
                "usr is not in the manifest; did you mean user?",
                "errors[0].retryAfterPath: bod is not known here; did you mean body?",
                "requestDefaults.baseUrl: acme.json: platforms.acme.environment "
                "does not allow other.example: its url is https://api.acme.example",
            },
            id="steps",
        ),
    ],
)
def test_fault_has_its_path_and_a_suggestion(write, operations, members, faults):
    with pytest.raises(InvalidDocument) as caught:
        load_document(write(operations, **members))

    assert set(caught.value.faults) == faults


FIND_NOTES = {
    "findCallLogs": {"url": "/notes"},
    "createCallLog": {"url": "/notes", "body": {"text": "{{marker}}"}},
}


def test_marker_in_text_needs_a_text_path(write):
    with pytest.raises(
        InvalidDocument, match=r"findCallLogs\.responseMapping\.textPath"
    ):
        load_document(write(FIND_NOTES, marker={"support": "in text"}))

    assert load_document(write(FIND_NOTES, marker={"support": "searchable"}))


@pytest.mark.parametrize("path", ["body[active]", "{{body.users[type=a]}}"])
def test_a_list_cannot_be_counted_in_part(write, path):
    users = {"url": "/u", "responseMapping": {"listPath": path}}
    counted = {"getUserList": {**users, "paging": {"counted": True}}}

    with pytest.raises(
        InvalidDocument, match=r"getUserList\.paging\.counted: listPath"
    ):
        load_document(write(counted))
    by_cursor = {"getUserList": {**users, "paging": {"nextPath": "body.next"}}}
    assert load_document(write(by_cursor))


SIGN_IN = {"url": "/s", "responseMapping": {"session": {"key": "secretKey"}}}


@pytest.mark.parametrize(
    ("operations", "members"),
    [
        ({"findContact": {"url": "/c", "query": {"k": "{{secretKey}}"}}}, {}),
        ({"findContact": {"url": "/c", "query": {"k": "{{$|json}}"}}}, {}),
        ({"findContact": {"url": "/{{apiKey|default:clientSecret}}"}}, {}),
        (FIND, {"auth": {"credentialTemplate": "{{clientId}}:{{clientSecret}}"}}),
        ({"signIn": SIGN_IN}, {}),
    ],
)
def test_the_operators_secret_is_not_for_any_host_that_an_admin_types(
    write, operations, members
):
    with pytest.raises(InvalidDocument, match="the operator's secret"):
        load_document(write(operations, environment={"type": "dynamic"}, **members))

    ours = {"type": "dynamic", "urlIdentifier": "*.acme.example"}
    assert load_document(write(operations, environment=ours, **members))


def test_a_form_has_members(write):
    create = {"url": "/c", "bodyFormat": "form", "body": ["{{marker}}"]}

    with pytest.raises(InvalidDocument, match=r"createCallLog\.body: a form"):
        load_document(write({"createCallLog": create}))


def test_invalid_json_is_reported_with_its_line(write):
    path = write(FIND)
    path.write_text('{"meta": {\n  "name": }')

    with pytest.raises(InvalidDocument, match="not JSON at line 2, column 11"):
        load_document(path)


def deep(levels):
    body = '{"a":' * levels + "1" + "}" * levels
    find = f'{{"findContact": {{"url": "/", "body": {body}}}}}'
    return f'{{"meta": {{"name": "acme"}}, "operations": {find}}}'


@pytest.mark.parametrize(
    "content", ["[" * 100_000, deep(400), "[]", '"x"', " " * 300_000]
)
def test_invalid_document_is_refused(write, content):
    path = write(FIND)
    path.write_text(content)

    with pytest.raises(InvalidDocument):
        load_document(path)


def test_a_document_needs_its_name_and_its_manifest_beside_it(write, tmp_path):
    path = write(FIND)
    renamed = path.rename(tmp_path / "acme-document.json")
    with pytest.raises(InvalidDocument, match=r"is to end with \.declarative\.json"):
        load_document(renamed)

    path = renamed.rename(path)
    (tmp_path / "acme.json").rename(tmp_path / "other.json")
    with pytest.raises(InvalidManifest, match=r"acme\.json: is missing beside"):
        load_document(path)


def test_the_manifest_needs_the_documents_platform(write):
    path = write(FIND, meta={"name": "other"})

    with pytest.raises(InvalidManifest, match=r"platforms\.other: is missing"):
        load_document(path)


def test_a_document_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InvalidDocument, match="cannot be read"):
        load_document(tmp_path / "none.declarative.json")


def test_notes_for_people_may_stand_anywhere(write):
    operations = {"findContact": {"description": "By number.", "url": "/c"}}

    assert load_document(write(operations, description="A CRM.", **{"$comment": "v2"}))


@pytest.mark.parametrize(
    ("request_members", "fault"),
    [
        (
            {"query": {"$when": "{{assignee}}", "owner": "{{assignee.id}}"}},
            "operations.createCallLog.query.$when: would be sent; put it into a member, "
            "as $when and $then",
        ),
        (
            {"body": {"owner": [{"$then": "{{assignee.id}}"}]}},
            "operations.createCallLog.body.owner[0]: has $then without $when",
        ),
        (
            {"body": {"$when": "{{assignee}}", "$then": 1, "id": 2}},
            "operations.createCallLog.body: with $then or $else it has no members of its own",
        ),
        (
            {"body": {"$when": {"every": ["{{assignee}}"]}, "id": 2}},
            "operations.createCallLog.body.$when: is to be a template, or all or any of several",
        ),
        (
            {"body": {"$when": {"all": ["{{asignee}}"]}, "id": 2}},
            "operations.createCallLog.body.$when.all[0]: asignee is not known here; "
            "did you mean assignee?",
        ),
        (
            {"responseMapping": {"idPath": "body.items[id={{marker}}].0.id"}},
            "operations.createCallLog.responseMapping.idPath: "
            "body.items[id={{marker}}].0.id: a condition of a path has no template; "
            "compare with [id=$.userId]",
        ),
        (
            {"responseMapping": {"idPath": "body.items[id=$.marke].0.id"}},
            "operations.createCallLog.responseMapping.idPath: marke is not known here; "
            "did you mean marker or body.marke?",
        ),
    ],
)
def test_mistake_in_a_condition_is_named(write, request_members, fault):
    document = write({"createCallLog": {"url": "/c", **request_members}})

    with pytest.raises(InvalidDocument) as caught:
        load_document(document)
    assert caught.value.faults == (fault,)


CALL = {"title": "{{subject}}", "text": "{{composedLogDetails}}"}


def test_a_fragment_is_written_once(write):
    document = load_document(
        write(
            {
                "createCallLog": {
                    "url": "/c",
                    "body": {"calls": [{"$use": "call", "text": "{{marker}}"}]},
                    "errors": [{"$use": "busy"}],
                },
                "updateCallLog": {
                    "url": "/c/{{thirdPartyLogId}}",
                    "body": {"$use": "call"},
                },
            },
            fragments={
                "call": {"$use": "base", "text": "{{composedLogDetails}}"},
                "base": {"title": "{{subject}}"},
                "busy": {"status": 423, "means": "temporary"},
            },
        )
    )

    [create] = document.operations["createCallLog"].requests
    [update] = document.operations["updateCallLog"].requests
    assert create.body == {"calls": [{"title": "{{subject}}", "text": "{{marker}}"}]}
    assert update.body == CALL
    assert create.rules[0].statuses == {423}


@pytest.mark.parametrize(
    ("fragments", "body", "fault"),
    [
        (
            {"call": CALL},
            {"$use": "cal"},
            "operations.createCallLog.body.$use: cal is not among the fragments; "
            "did you mean call?",
        ),
        (
            {"a": {"$use": "b"}, "b": [{"$use": "a"}]},
            {"$use": "a"},
            "fragments.a: is inside itself, or more than 5 levels deep",
        ),
        (
            {"list": [1]},
            {"$use": "list", "a": 1},
            "operations.createCallLog.body: the fragment is no object, so nothing can be "
            "beside it",
        ),
        ({"call": CALL}, {}, "fragments.call: is used nowhere"),
        (
            {},
            [{"$use": "call"}],
            "operations.createCallLog.body[0].$use: call is not among the fragments",
        ),
        ([CALL], {}, "fragments: must be an object"),
    ],
)
def test_mistake_with_a_fragment_is_named(write, fragments, body, fault):
    document = write(
        {"createCallLog": {"url": "/c", "body": body}}, fragments=fragments
    )

    with pytest.raises(InvalidDocument) as caught:
        load_document(document)
    assert caught.value.faults == (fault,)


def test_fragments_cannot_make_a_document_huge(write):
    fragments = {"a0": ["x"] * 90}
    fragments |= {f"a{i}": [{"$use": f"a{i - 1}"}] * 90 for i in range(1, 4)}
    document = write(
        {"createCallLog": {"url": "/", "body": {"$use": "a3"}}}, fragments=fragments
    )

    with pytest.raises(InvalidDocument, match="make the document too long"):
        load_document(document)
