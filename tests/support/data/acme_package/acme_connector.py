"""A connector of another package, as pip would install it."""

from connector.crms.sandbox import Sandbox


class Acme(Sandbox):
    platform = "acme"
