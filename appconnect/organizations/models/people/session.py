from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.crypto import salted_hmac


class Session(AbstractBaseSession):
    """A browser's session with its user, so that people can list and end theirs."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="sessions",
        null=True,
    )

    @classmethod
    def get_session_store_class(cls):
        return SessionStore

    @property
    def handle(self) -> str:
        """The session's name on a page; its key would sign anybody in."""
        return salted_hmac("session handle", self.session_key).hexdigest()


class SessionStore(db.SessionStore):
    """Django's sessions in the database, stored as `Session`."""

    @classmethod
    def get_model_class(cls):
        return Session

    def create_model_instance(self, data):
        session = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        return session
