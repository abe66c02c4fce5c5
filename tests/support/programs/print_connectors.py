"""Print the connector class of each platform that is given, and its manifest's name."""

import sys

from connector.registry import get_connector_class, get_platform

for platform in sys.argv[1:]:
    connector_class, name = get_connector_class(platform), get_platform(platform).name
    print(platform, connector_class.__name__, name)
