from appconnect.organizations.mapping.mapping_changes import undo
from tests.appconnect.api.settings.test_user_mapping import extension_list, mapped
from tests.support.organization import ADA, map_by_hand

PATH = "/admin/reinitializeUserMapping"


def test_automatic_matches_are_renewed_and_manual_ones_stay(call, connected, now):
    users = {user.crm_user_id: user for user in connected.crm_users.all()}
    by_number = {
        row.extension.extension_number: row for row in connected.user_mappings.all()
    }
    map_by_hand(by_number["107"], users["u8"])
    connected.user_mappings.filter(pk=by_number["102"].pk).update(crm_user=users["u3"])

    reply = call("POST", PATH, {"rcExtensionList": extension_list()})

    assert reply.status_code == 200
    assert mapped(reply)["u2"] == ["102"]
    assert mapped(reply)["u8"] == ["107"]
    [entry] = connected.audit_entries.filter(action="MAPPING_CHANGED")
    assert entry.actor == "Ada Admin"
    undo(connected.mapping_batches.get(), actor=ADA, now=now)
    assert connected.user_mappings.get(pk=by_number["102"].pk).crm_user == users["u3"]


def test_a_match_that_no_longer_holds_is_gone(call, connected, sandbox):
    ben = connected.user_mappings.get(extension__extension_number="102")
    ben.extension.email = "somebody.else@example.com"
    ben.extension.name = "Somebody Else"
    ben.extension.save()

    reply = call("POST", PATH, {"rcExtensionList": extension_list()})

    assert mapped(reply)["u2"] == []


def test_a_crm_that_fails_changes_nothing(call, connected, sandbox):
    sandbox.switch(crmFailsWith=503)

    reply = call("POST", PATH, {"rcExtensionList": extension_list()})

    assert reply.status_code == 400
    assert "503" in reply.json()["error"]
    assert connected.user_mappings.mapped().count() == 6


def test_non_admin_is_refused(call, sandbox):
    body = {"rcExtensionList": extension_list()}

    reply = call("POST", PATH, body, rc_token=sandbox.access_token("102"))

    assert (reply.status_code, reply.content) == (403, b"Admin validation failed")
