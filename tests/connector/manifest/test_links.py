import pytest

from connector.manifest import fill_link, unknown_places

VALUES = {"hostname": "crm.example.com", "logId": "7", "settings.scheme": "http"}


@pytest.mark.parametrize(
    ("template", "link"),
    [
        ("https://{hostname}/calls/{logId}", "https://crm.example.com/calls/7"),
        ("{settings.scheme}://{hostname}/#{logId}", "http://crm.example.com/#7"),
        ("https://{hostname}/{settings.database}", ""),
        ("{logId}://{hostname}", ""),
        ("https:///{logId}", ""),
        ("", ""),
    ],
)
def test_link_needs_all_its_values_and_leads_to_a_web_page(template, link):
    assert fill_link(template, VALUES) == link


def test_place_that_nothing_fills_in_is_unknown():
    template = "https://{hostname}/{logID}/{settings.user}/{settings.password}"

    assert unknown_places(template, ["user"]) == ["logID", "settings.password"]
