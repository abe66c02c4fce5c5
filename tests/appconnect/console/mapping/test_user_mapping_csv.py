import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from appconnect.organizations.models import AuditEntry
from appconnect.sandbox.ringcentral.seed import extension_id
from tests.support.helpers import text_of

EXPORT = "/user-mapping/export/"
IMPORT = "/user-mapping/import/"


def upload(console, text: str):
    return console.post(IMPORT, {"file": SimpleUploadedFile("m.csv", text.encode())})


def apply(console, page):
    """Press the button of a preview."""
    (changes,) = re.findall(
        r'<textarea name="changes" hidden>(.*?)</textarea>',
        page.content.decode(),
        re.DOTALL,
    )
    return console.post(IMPORT, {"changes": html.unescape(changes)}, follow=True)


def exported(console) -> str:
    return b"".join(console.get(EXPORT).streaming_content).decode()


def owners(organization) -> dict[str, str | None]:
    return dict(
        organization.user_mappings.values_list(
            "extension__extension_number", "crm_user__crm_user_id"
        )
    )


def test_an_edited_export_is_previewed_and_then_applied(console, organization):
    text = exported(console)
    before = owners(organization)
    text = re.sub(r"(,107,.*?,user,)", r"\1u7", text)
    text = re.sub(r",u2,", ",,", text)

    preview = upload(console, text)

    assert "2 changes, 0 errors, 9 unchanged" in text_of(preview)
    assert "Ben Baker (102) Ben Baker Unmapped" in text_of(preview)
    assert owners(organization) == before

    page = apply(console, preview)

    assert "2 mappings changed." in text_of(page)
    assert owners(organization) == {**before, "102": None, "107": "u7"}
    entry = organization.audit_entries.get()
    assert (entry.action, entry.actor) == (AuditEntry.Action.MAPPING_CHANGED, "ada")


def test_an_unchanged_export_has_nothing_to_apply(console):
    shown = text_of(upload(console, exported(console)))

    assert "0 changes, 0 errors, 11 unchanged" in shown
    assert "Apply" not in shown


def test_a_wrong_row_keeps_all_others_from_being_applied(console, organization):
    ids = [extension_id(number) for number in ("101", "102")]
    text = f"extension_id;crm_user_id;version\n{ids[0]};u8;0\n{ids[1]};nobody;0\n"

    page = upload(console, text)

    shown = text_of(page)
    assert shown.startswith("Error: Import a CSV file")
    assert "1 change, 1 error, 0 unchanged" in shown
    assert "3 crm_user_id This ID isn't known." in shown
    assert "Apply" not in shown
    console.post(IMPORT, {"changes": text})
    assert owners(organization)["101"] == "u1"


def test_change_since_preview_is_not_overwritten(console, organization):
    preview = upload(console, re.sub(r",u2,", ",u8,", exported(console)))
    mapping = organization.user_mappings.get(extension__extension_number="102")
    console.post(
        f"/user-mapping/{mapping.pk}/", {"crm_user": "u3", "version": mapping.version}
    )

    page = apply(console, preview)

    assert "Changed since the export. Export the mapping again." in text_of(page)
    assert owners(organization)["102"] == "u3"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose a file first."),
        ({"changes": "\0"}, "not in UTF-8"),
        ({"changes": "nonsense"}, "The column “extension_id” is missing."),
        ({"file": SimpleUploadedFile("m.csv", b"x" * 6_000_000)}, "larger than 5 MB"),
    ],
)
def test_unreadable_file_is_refused_with_reason(console, form, said):
    shown = text_of(console.post(IMPORT, form))

    assert "Nothing changed" in shown
    assert said in shown


def test_a_file_name_and_its_encoding_are_given(console):
    reply = console.get(EXPORT)

    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="user-mapping.csv"' in reply.headers["Content-Disposition"]
    assert b"".join(reply.streaming_content).startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("path", [EXPORT, IMPORT, "/user-mapping/crm-users/"])
def test_without_user_mapping_there_is_no_page(console, organization, path):
    organization.platform = "sandboxWithoutMapping"
    organization.save()

    assert console.get(path).status_code == 404


def test_another_organization_exports_its_own(client, stranger, organization):
    client.force_login(stranger.user)

    assert "Ben Baker" not in exported(client)
