"""The judges find what a maker's description, or table of fields, does not have."""

import json

import pytest

from tests.support.fakes.bullhorn_judge import BullhornJudge
from tests.support.fakes.dynamics_judge import DynamicsJudge
from tests.support.fakes.netsuite_judge import NetSuiteJudge
from tests.support.fakes.outreach_judge import outreach_judges
from tests.support.fakes.pipedrive import pipedrive_judges
from tests.support.fakes.salesforce_judge import SalesforceJudge
from tests.support.fakes.server import Answer, Request
from tests.support.fakes.zendesk_judge import zendesk_judge

JSON = {"content-type": "application/json"}


def judge(request, answer=None):
    description = next(j for j in pipedrive_judges() if j.find(request))
    return description.faults(request, answer)


def activity(**body):
    return Request("POST", "/api/v2/activities", {}, JSON, json.dumps(body))


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (activity(owner_id="2"), "body['owner_id']: '2' is not of type 'integer'"),
        (activity(user_id=2), "body.user_id: is not described"),
        (
            activity(participants=[{"person": 1}]),
            "body.participants[0].person: is not described",
        ),
        (
            Request("GET", "/api/v2/activities", {"person_id": "Ada"}, {}, ""),
            "query person_id: 'Ada' is not of type 'integer'",
        ),
        (
            Request("GET", "/api/v2/activities", {"page": "2"}, {}, ""),
            "query page: is not described",
        ),
        (
            Request("GET", "/api/v2/persons/search", {}, {}, ""),
            "query term: is required and missing",
        ),
        (
            Request("POST", "/api/v2/persons", {}, {"content-type": "text/plain"}, "x"),
            "body: 'text/plain' is not among ['application/json']",
        ),
    ],
)
def test_undescribed_request_is_a_fault(request_, fault):
    assert judge(request_) == [fault]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer(201, {}), "status 201: is not among ['200']"),
        (Answer(200, "<html>"), "reply: 'text/html' is not among ['application/json']"),
        (
            Answer(200, {"data": {"id": "7"}}),
            "reply['data']['id']: '7' is not of type 'integer'",
        ),
        (
            Answer(200, {"additional_data": {}}),
            "reply.additional_data: is not described",
        ),
    ],
)
def test_undescribed_reply_is_a_fault(answer, fault):
    assert judge(activity(subject="Call"), answer) == [fault]


def test_undescribed_path_has_no_judge():
    request = Request("PUT", "/api/v2/activities", {}, {}, "")

    assert [j for j in pipedrive_judges() if j.find(request)] == []


BULLHORN = "/rest-services/e999"


def note(**body):
    request = {"comments": "Hi", "commentingPerson": {"id": 5}, **body}
    request.setdefault("personReference", {"id": 7})
    return Request("PUT", f"{BULLHORN}/entity/Note", {}, JSON, json.dumps(request))


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (note(minutesSpent=1.5), "body.minutesSpent: is no number"),
        (note(action="x" * 31), "body.action: is not a text of 30 characters"),
        (note(externalID="x" * 51), "body.externalID: is not a text of 50 characters"),
        (note(dateLastModified=1), "body.dateLastModified: is read-only"),
        (note(subject="Call"), "Note.subject: there is no such field"),
        (note(personReference=7), "body.personReference: is not an object with an id"),
        (
            Request("PUT", f"{BULLHORN}/entity/Lead", {}, JSON, '{"phone": "1"}'),
            "body.name: is required and missing",
        ),
        (
            Request(
                "POST",
                f"{BULLHORN}/search/Lead",
                {"fields": "id,workPhone"},
                JSON,
                '{"query": "phone:1"}',
            ),
            "Lead.workPhone: there is no such field",
        ),
        (
            Request(
                "POST",
                f"{BULLHORN}/search/Lead",
                {},
                JSON,
                '{"query": "fone:\\"a:1\\""}',
            ),
            "Lead.fone: there is no such field",
        ),
        (
            Request("GET", f"{BULLHORN}/query/CorporateUser", {"page": "1"}, {}, ""),
            "query page: is not described",
        ),
    ],
)
def test_request_beyond_bullhorns_tables_is_a_fault(request_, fault):
    assert BullhornJudge().faults(request_, None) == [fault]


def test_reply_beyond_bullhorns_tables_is_a_fault():
    request = Request("POST", f"{BULLHORN}/search/Note", {}, JSON, '{"query": ""}')
    answer = Answer(200, {"data": [{"id": 7, "text": "Hi"}], "page": 1})

    assert BullhornJudge().faults(request, answer) == [
        "reply.page: is not described",
        "reply.Note.text: there is no such field",
    ]


def test_service_that_bullhorn_does_not_have_has_no_judge():
    request = Request("PUT", f"{BULLHORN}/entity/CorporateUser", {}, JSON, "{}")

    assert BullhornJudge().find(request) is None


SALESFORCE = "/services/data/v62.0"


def task(**body):
    return Request("POST", f"{SALESFORCE}/sobjects/Task", {}, JSON, json.dumps(body))


def query(text):
    return Request("GET", f"{SALESFORCE}/query", {"q": text}, {}, "")


def search(text):
    q = f"FIND {{{text}}} IN PHONE FIELDS RETURNING Contact(Id, Fone)"
    return Request("GET", f"{SALESFORCE}/search", {"q": q}, {}, "")


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (task(DurationInMinutes=1), "Task.DurationInMinutes: there is no such field"),
        (task(CallDurationInSeconds="65"), "body.CallDurationInSeconds: is no number?"),
        (task(Status=None), "body.Status: is no string"),
        (task(IsClosed=True), "body.IsClosed: is read-only"),
        (task(Subject="x" * 256), "body.Subject: is longer than 255 characters"),
        (task(ActivityDate="2026-03-02T10:15:00Z"), "body.ActivityDate: is no day"),
        (
            task(CallType="inbound"),
            "body.CallType: is not among ['Inbound', 'Internal', 'Outbound']",
        ),
        (
            Request(
                "POST", f"{SALESFORCE}/sobjects/Lead", {}, JSON, '{"Company": "A"}'
            ),
            "body.LastName: is required and missing",
        ),
        (query("SELECT Id, Text FROM Task"), "Task.Text: there is no such field"),
        (
            query("SELECT Id FROM Task WHERE Marker = 'a'"),
            "Task.Marker: there is no such field",
        ),
        (
            query("SELECT Id FROM Task WHERE Opportunity.IsClosed = true"),
            "Task.Opportunity.IsClosed: there is no such field",
        ),
        (
            query("SELECT Id FROM Task WHERE CallObject = 'it's'"),
            "query q: CallObject = 'it's' is no condition",
        ),
        (search('"5105550100"'), "Contact.Fone: there is no such field"),
        (
            search('"510-555"'),
            "query q: - is reserved, and without a backslash",
        ),
        (search("5105550100"), "query q: has text outside of quotes"),
        (
            Request("GET", f"{SALESFORCE}/sobjects/Task/00T", {"field": "Id"}, {}, ""),
            "query field: is not described",
        ),
    ],
)
def test_request_beyond_salesforces_tables_is_a_fault(request_, fault):
    assert SalesforceJudge().faults(request_, None) == [fault]


def test_reply_beyond_salesforces_tables_is_a_fault():
    attributes = {"type": "Task", "url": "/"}
    records = [{"attributes": attributes, "Id": 7, "Subject": "Hi"}]
    answer = Answer(200, {"totalSize": 1, "done": True, "records": records, "page": 1})

    assert SalesforceJudge().faults(query("SELECT Id FROM Task"), answer) == [
        "reply.page: is not described",
        "reply.Task: has ['Id', 'Subject'] instead of ['Id']",
        "reply.Task.Id: 7 is no string",
    ]


def test_service_that_salesforce_does_not_have_has_no_judge():
    request = Request("PUT", f"{SALESFORCE}/sobjects/Task/00T", {}, JSON, "{}")

    assert SalesforceJudge().find(request) is None


def ticket(**fields):
    body = json.dumps({"ticket": {"comment": {"html_body": "Hi"}, **fields}})
    return Request("POST", "/api/v2/tickets.json", {}, JSON, body)


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (ticket(owner_id=1), "body.ticket.owner_id: is not described"),
        (
            ticket(status="done"),
            "body['ticket']['status']: 'done' is not one of ['new', 'open', 'pending', "
            "'hold', 'solved', 'closed']",
        ),
        (ticket(tags=[7]), "body['ticket']['tags'][0]: 7 is not of type 'string'"),
        (
            Request("GET", "/api/v2/tickets.json", {"marker": "rc:1"}, {}, ""),
            "query marker: is not described",
        ),
    ],
)
def test_request_beyond_zendesks_tables_is_a_fault(request_, fault):
    assert zendesk_judge().faults(request_, None) == [fault]


DATAVERSE = "/api/data/v9.2"
KEY = "00000000-0000-0000-0000-000000000001"
PARTIES = [
    {"partyid_contact@odata.bind": f"/contacts({KEY})", "participationtypemask": 1},
    {
        "partyid_systemuser@odata.bind": f"/systemusers({KEY})",
        "participationtypemask": 2,
    },
]


def phone_call(**body):
    body = {"subject": "Call", "phonecall_activity_parties": PARTIES, **body}
    return Request("POST", f"{DATAVERSE}/phonecalls", {}, JSON, json.dumps(body))


def change(**body):
    headers = {**JSON, "if-match": "*"}
    path = f"{DATAVERSE}/phonecalls({KEY})"
    return Request("PATCH", path, {}, headers, json.dumps(body))


def contacts(**query):
    query = {f"${name}": value for name, value in query.items()}
    return Request("GET", f"{DATAVERSE}/contacts", query, {}, "")


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (phone_call(duration=1), "phonecalls.duration: there is no such column"),
        (phone_call(subject="x" * 201), "body.subject: is no text 200"),
        (phone_call(description="x" * 2001), "body.description: is no text 2000"),
        (
            phone_call(actualdurationminutes="2"),
            "body.actualdurationminutes: is no int",
        ),
        (phone_call(directioncode=1), "body.directioncode: is no bool"),
        (phone_call(createdon="2026-01-01T00:00:00Z"), "body.createdon: cannot be set"),
        (
            phone_call(**{"ownerid@odata.bind": f"/contacts({KEY})"}),
            f"body.ownerid@odata.bind: /contacts({KEY}) cannot be bound",
        ),
        (
            phone_call(phonecall_activity_parties=PARTIES[:1]),
            "body.phonecall_activity_parties: has the roles [1], not [1, 2]",
        ),
        (change(statecode=1, statuscode=1), "body.statuscode: is none of the state 1"),
        (
            change(statecode=0, statuscode=1, subject="Call"),
            "body: a state is set by itself",
        ),
        (
            Request("PATCH", f"{DATAVERSE}/phonecalls({KEY})", {}, JSON, "{}"),
            "header If-Match: a change without it may create a record",
        ),
        (contacts(select="contactid,phone"), "contacts.phone: there is no such column"),
        (contacts(filter="phone eq '1'"), "contacts.phone: there is no such column"),
        (
            contacts(filter="fullname like 'A'"),
            "query $filter: fullname like 'A' is no condition",
        ),
        (contacts(expand="owner"), "query $expand: is not described"),
    ],
)
def test_request_beyond_dataverses_tables_is_a_fault(request_, fault):
    assert DynamicsJudge().faults(request_, None) == [fault]


def test_state_of_a_new_phone_call_is_a_fault():
    assert DynamicsJudge().faults(phone_call(statecode=1, statuscode=2), None) == [
        "body.statecode: cannot be set",
        "body: a state is set by itself",
    ]


def test_reply_beyond_dataverses_tables_is_a_fault():
    rows = [{"contactid": KEY, "fullname": 7}]
    answer = Answer(200, {"value": rows, "count": 1})

    assert DynamicsJudge().faults(contacts(select="contactid"), answer) == [
        "reply.count: is not described",
        "reply: has ['contactid', 'fullname'] instead of ['contactid']",
        "reply.fullname: 7 is no text 160",
    ]


def test_service_that_dataverse_does_not_have_has_no_judge():
    request = Request("DELETE", f"{DATAVERSE}/phonecalls({KEY})", {}, JSON, "")

    assert DynamicsJudge().find(request) is None


def outreach_call(**attributes):
    body = {"data": {"type": "call", "attributes": attributes}}
    kind = {"content-type": "application/vnd.api+json"}
    return Request("POST", "/api/v2/calls", {}, kind, json.dumps(body))


def outreach_list(**query):
    return Request("GET", "/api/v2/calls", query, {}, "")


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (outreach_call(state="done"), "body.data.attributes.state: is not described"),
        (
            outreach_call(vendorCallId="x" * 64),
            f"body['data']['attributes']['vendorCallId']: '{'x' * 64}' is too long",
        ),
        (
            outreach_list(**{"filter[vendorCallId]": "rc:1"}),
            "query filter[vendorCallId]: is not described",
        ),
        (
            outreach_list(**{"filter[prospect][name]": "Ada"}),
            "query filter[prospect][name]: is not described",
        ),
    ],
)
def test_request_beyond_outreachs_badges_is_a_fault(request_, fault):
    description = outreach_judges()[0]

    assert description.faults(request_, None) == [fault]


def test_call_of_outreach_cannot_be_changed():
    request = Request("PATCH", "/api/v2/calls/7", {}, JSON, "{}")

    assert [judge for judge in outreach_judges() if judge.find(request)] == []


NETSUITE = "/services/rest"


def netsuite_call(**body):
    return Request(
        "POST", f"{NETSUITE}/record/v1/phoneCall", {}, JSON, json.dumps(body)
    )


def suiteql(text, **headers):
    headers = {**JSON, "prefer": "transient", **headers}
    path = f"{NETSUITE}/query/v1/suiteql"
    return Request("POST", path, {"limit": "1"}, headers, json.dumps({"q": text}))


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (netsuite_call(duration=1), "phoneCall.duration: there is no such field"),
        (netsuite_call(id="7"), "body.id: is read-only"),
        (netsuite_call(assigned="7"), "body.assigned: '7' is no ref"),
        (
            netsuite_call(status={"id": "DONE"}),
            "body.status: {'id': 'DONE'} is no SCHEDULED FAILED COMPLETE",
        ),
        (
            netsuite_call(startDate="2026-03-02T10:15:00Z"),
            "body.startDate: '2026-03-02T10:15:00Z' is no date",
        ),
        (
            netsuite_call(startTime="10:15", endTime="10:15"),
            "body.endTime: is not after startTime",
        ),
        (
            netsuite_call(externalId="rc:1"),
            "body.externalId: has letters, numbers, _ and - only",
        ),
        (
            suiteql("SELECT id, phone FROM phonecall"),
            "q: Field 'phone' for record 'phonecall' was not found",
        ),
        (
            suiteql("SELECT id FROM contact WHERE phone > '1'"),
            "q: phone > '1' is no condition",
        ),
        (suiteql("DELETE FROM contact"), "q: DELETE FROM contact is no query"),
        (
            suiteql("SELECT id FROM contact", prefer="respond-async"),
            "header Prefer: SuiteQL wants transient",
        ),
        (
            Request(
                "GET", f"{NETSUITE}/record/v1/phoneCall/7", {"fields": "text"}, {}, ""
            ),
            "phoneCall.text: there is no such field",
        ),
    ],
)
def test_request_beyond_netsuites_tables_is_a_fault(request_, fault):
    assert NetSuiteJudge().faults(request_, None) == [fault]


def test_reply_beyond_netsuites_tables_is_a_fault():
    judge, row = NetSuiteJudge(), {"id": "1", "email": "a@b.c"}
    page = {"links": [], "count": 1, "hasMore": False, "offset": 0, "totalResults": 1}
    answer = Answer(200, {**page, "items": [row]})

    assert judge.faults(suiteql("SELECT id FROM contact"), answer) == [
        "reply.items.email: was not asked for"
    ]
    assert judge.faults(netsuite_call(), Answer(201, {"id": "1"})) == [
        "reply: is answered with 204 and nothing",
        "reply: a new record has a Location",
    ]


def test_service_that_netsuite_does_not_have_has_no_judge():
    request = Request("DELETE", f"{NETSUITE}/record/v1/phoneCall/7", {}, JSON, "")

    assert NetSuiteJudge().find(request) is None
