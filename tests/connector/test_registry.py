import pytest

from connector.registry import (
    CONNECTORS,
    UnknownPlatform,
    get_connector_class,
    get_platform,
)


@pytest.mark.parametrize("platform", CONNECTORS)
def test_every_registered_connector_loads_with_its_manifest(platform):
    assert get_connector_class(platform).platform == platform
    assert get_platform(platform).name == platform


@pytest.mark.parametrize("find", [get_connector_class, get_platform])
def test_an_unknown_platform_is_named(find):
    with pytest.raises(UnknownPlatform, match="Connector not found for platform: acme"):
        find("acme")
