"""The tests of any connector, also of one that does not speak HTTP."""

from functools import cached_property
from typing import ClassVar

import pytest

from connector.base import Connector
from connector.manifest import Platform, load_manifest
from connector.registry import CONNECTORS, get_connector_class
from connector.types import AuthType, MarkerSupport


class ConnectorConformance:
    """A subclass names its connector's class."""

    connector_class: ClassVar[type[Connector]]

    @pytest.fixture
    def declared(self) -> Platform:
        """What the manifest beside the connector declares about its platform."""
        manifest = load_manifest(self.connector_class.manifest_path())
        return manifest.platforms[self.connector_class.platform]

    def test_it_is_registered_under_its_own_platform(self) -> None:
        platform = self.connector_class.platform

        assert platform in CONNECTORS, f"add {platform!r} to connector/registry.py"
        assert get_connector_class(platform) is self.connector_class

    def test_its_manifest_is_beside_it_and_has_its_platform(
        self, declared: Platform
    ) -> None:
        assert declared.name == self.connector_class.platform

    def test_its_manifest_declares_server_side_logging(
        self, declared: Platform
    ) -> None:
        assert declared.server_side_logging is not None

    def test_its_instances_do_not_wait_for_each_other(self) -> None:
        """In Python 3.11 a `cached_property` has one lock for all instances of its class."""
        attributes = [
            value
            for cls in self.connector_class.__mro__
            for value in vars(cls).values()
        ]
        locking = [a for a in attributes if isinstance(a, cached_property)]

        assert not locking, "keep the value in an attribute: workers would queue for it"

    def test_it_implements_the_interfaces_of_its_manifest(
        self, declared: Platform
    ) -> None:
        implements = self.connector_class.implements
        logging = declared.server_side_logging

        if logging is not None and logging.enable_user_mapping:
            assert implements("get_user_list"), "enableUserMapping needs get_user_list"
        if self.connector_class.marker_support is not MarkerSupport.NONE:
            assert implements("find_call_logs"), "a marker is there to be found"
        if declared.use_license:
            assert implements("get_license_status"), "useLicense needs it"
        if declared.auth_type is AuthType.OAUTH:
            assert implements("get_oauth_info"), "OAuth needs get_oauth_info"
        else:
            assert implements("get_basic_auth"), "API keys need get_basic_auth"
