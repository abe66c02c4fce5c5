import copy
import json
from pathlib import Path

import pytest

from connector.manifest import InvalidManifest, Judge, load_manifest, parse_manifest
from connector.types import AuthType

MANIFEST = {
    "author": {"name": "Somebody"},
    "version": "1.2.3",
    "platforms": {
        "x": {
            "name": "x",
            "displayName": "CRM X",
            "auth": {"type": "apiKey"},
            "serverSideLogging": {
                "url": "https://log.example.com/",
                "useAdminAssignedUserToken": True,
                "enableUserMapping": True,
                "additionalFields": [
                    {"const": "apiUsername", "title": "User", "type": "inputField"},
                    {
                        "const": "apiPassword",
                        "title": "Pass phrase",
                        "type": "inputField",
                        "required": True,
                        "uiSchema": {"ui:widget": "password"},
                    },
                ],
            },
        }
    },
}


def manifest_with_fields(*fields: object) -> dict:
    manifest = copy.deepcopy(MANIFEST)
    manifest["platforms"]["x"]["serverSideLogging"]["additionalFields"] = list(fields)
    return manifest


def parse_field(**field: object):
    manifest = parse_manifest(manifest_with_fields({"const": "f", **field}))
    logging = manifest.platforms["x"].server_side_logging
    assert logging is not None
    return logging.additional_fields[0]


def test_the_whole_server_side_logging_object_is_read():
    platform = parse_manifest(MANIFEST).platforms["x"]

    logging = platform.server_side_logging
    assert platform.display_name == "CRM X"
    assert platform.auth_type is AuthType.API_KEY
    assert logging.url == "https://log.example.com"
    assert logging.use_admin_assigned_user_token
    assert logging.enable_user_mapping
    assert [field.const for field in logging.additional_fields] == [
        "apiUsername",
        "apiPassword",
    ]
    assert logging.additional_fields[1].required


def test_a_platform_without_server_side_logging_is_fine():
    manifest = copy.deepcopy(MANIFEST)
    del manifest["platforms"]["x"]["serverSideLogging"]

    assert parse_manifest(manifest).platforms["x"].server_side_logging is None


@pytest.mark.parametrize(
    "declared",
    [
        {"uiSchema": {"ui:widget": "password"}},
        {"type": "password"},
        {"title": "API secret"},
        {"const": "accessToken"},
    ],
)
def test_secret_is_recognized_by_widget_type_or_name(declared):
    assert parse_field(**declared).is_secret


def test_banner_about_passwords_is_no_secret():
    field = parse_field(
        title="Password notice", uiSchema={"ui:field": "admonition"}, description="…"
    )

    assert field.is_display_only
    assert not field.is_secret


@pytest.mark.parametrize(
    "declared",
    [
        {"options": [{"const": "a", "title": "A"}]},
        {"oneOf": [{"const": "a", "title": "A"}]},
        {"enum": ["a"], "enumNames": ["A"]},
    ],
)
def test_options_come_in_three_spellings(declared):
    field = parse_field(**declared)

    assert field.type == "selection"
    assert [(option.const, option.title) for option in field.options] == [("a", "A")]


def test_default_becomes_a_string():
    assert parse_field(type="checkbox", defaultValue=True).default == "true"
    assert parse_field(default=3).default == "3"
    assert parse_field(defaultValue="three").default == "three"


def test_unknown_type_has_no_value():
    field = parse_field(type="slider")

    assert field.is_display_only
    assert not field.is_known


def test_direction_marks_are_removed_from_titles():
    assert parse_field(title="API \u202edrowssap").title == "API drowssap"


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (
            [{"const": "a"}, {"const": "b", "type": 3}],
            "platforms.x.serverSideLogging.additionalFields[1].type: must be of type string",
        ),
        (
            [{"title": "A"}],
            "platforms.x.serverSideLogging.additionalFields[0].const: is missing",
        ),
        (
            [{"const": "a"}, {"const": "a"}],
            "platforms.x.serverSideLogging.additionalFields[1].const: a is used twice",
        ),
        (
            [{"const": f"f{n}"} for n in range(10_000)],
            "additionalFields: has 10000 items; at most 100 are allowed",
        ),
        (
            [{"const": "a", "required": "yes"}],
            "additionalFields[0].required: must be of type boolean",
        ),
        (
            [{"const": "a", "type": "selection"}],
            "additionalFields[0].options: a selection needs options",
        ),
        (
            [{"const": "a", "enum": ["x", "y"], "enumNames": ["X"]}],
            "additionalFields[0].enumNames: must be as many as enum",
        ),
        ([{"const": "a", "pattern": "("}], "additionalFields[0].pattern: "),
        ([{"const": "a", "title": "x" * 5000}], "title: is longer than 4000"),
        ([{"const": "a", "default": "x" * 5000}], "default: is longer than 4000"),
        (["text"], "additionalFields[0]: must be of type object"),
    ],
)
def test_a_faulty_field_is_refused_with_its_path(fields, fault):
    with pytest.raises(InvalidManifest) as caught:
        parse_manifest(manifest_with_fields(*fields))

    assert fault in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("document", [None, [], "text", 3, {}, {"platforms": {}}])
def test_invalid_manifest_is_refused(document):
    with pytest.raises(InvalidManifest):
        parse_manifest(document)


def test_a_link_that_would_run_a_script_is_refused():
    manifest = copy.deepcopy(MANIFEST)
    manifest["platforms"]["x"]["logPageUrl"] = "javascript:alert(1)"

    with pytest.raises(InvalidManifest, match=r"platforms\.x\.logPageUrl"):
        parse_manifest(manifest)


@pytest.mark.parametrize("content", ["not json", "[" * 100_000, " " * 300_000])
def test_file_without_manifest_is_refused(tmp_path: Path, content: str):
    path = tmp_path / "crm.json"
    path.write_text(content)

    with pytest.raises(InvalidManifest, match=r"crm\.json"):
        load_manifest(path)


def test_manifest_file_is_read(tmp_path: Path):
    path = tmp_path / "crm.json"
    path.write_text(json.dumps(MANIFEST))

    assert load_manifest(path).author_name == "Somebody"


def test_the_hosts_of_the_environment_are_read():
    manifest = copy.deepcopy(MANIFEST)
    manifest["platforms"]["x"]["environment"] = {
        "type": "dynamic",
        "urlIdentifier": "*.example.com",
        "hosts": ["login.example.com"],
    }

    platform = parse_manifest(manifest).platforms["x"]

    assert platform.environment_url_identifier == "*.example.com"
    assert platform.environment_hosts == ("login.example.com",)


def test_fault_suggests_the_right_word():
    manifest = copy.deepcopy(MANIFEST)
    manifest["platforms"]["x"]["auth"]["type"] = "apikey"

    with pytest.raises(InvalidManifest, match=r"auth.type: .* did you mean apiKey\?"):
        parse_manifest(manifest)


def test_the_guide_is_read_and_its_link_leads_to_the_web():
    platform = {"name": "acme", "auth": {"type": "apiKey"}}
    guide = {"needs": "A token.", "record": "a call", "judgedBy": "description"}

    def read(**guide):
        document = {"platforms": {"acme": platform | {"guide": guide}}}
        return parse_manifest(document).platforms["acme"].guide

    assert read(**guide).judged_by is Judge.DESCRIPTION
    assert read().judged_by is Judge.NOTHING
    with pytest.raises(InvalidManifest, match=r"platforms\.acme\.guide\.url"):
        read(url="javascript:alert(1)")
    with pytest.raises(InvalidManifest, match="judgedBy"):
        read(judgedBy="us")
