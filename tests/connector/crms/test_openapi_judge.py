"""The judge finds what a maker's description does not have."""

import json

import pytest

from tests.support.fakes.pipedrive import pipedrive_judges
from tests.support.fakes.server import Answer, Request

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
