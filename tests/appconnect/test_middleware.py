"""What pages need, and endpoints for machines do without."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/accounts/login/", "/api/docs/"])
def test_page_has_a_session(client, path):
    assert hasattr(client.get(path).wsgi_request, "session")


@pytest.mark.parametrize("path", ["/isAlive", "/contact", "/webhooks/ringcentral/1/"])
def test_endpoint_for_machines_has_no_session(client, path):
    assert not hasattr(client.get(path).wsgi_request, "session")


def test_form_of_a_page_is_refused_without_its_token():
    assert Client(enforce_csrf_checks=True).post("/accounts/login/").status_code == 403


def test_address_of_a_page_without_its_slash_leads_to_the_page(client):
    assert client.get("/calls").headers["Location"] == "/calls/"


def test_endpoint_for_machines_is_refused_under_another_host(client):
    assert client.get("/metrics", headers={"host": "evil.example"}).status_code == 400
