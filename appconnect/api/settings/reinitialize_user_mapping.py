"""POST /admin/reinitializeUserMapping."""

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view

from appconnect.api.settings.user_mapping import UserMappingView
from appconnect.organizations.mapping.user_mapping import map_client_extensions, rematch
from appconnect.organizations.security.audit import actor_of


@extend_schema_view(
    post=extend_schema(summary="Match the directory and the CRM's users anew")
)
class ReinitializeUserMappingView(UserMappingView):
    """Matches anew, and answers as the mapping's own route does."""

    def map_extensions(self, organization, extensions, users):
        actor = actor_of(self.request, str(self.request.user))
        with transaction.atomic():
            map_client_extensions(organization, extensions, users)
            rematch(organization, actor=actor, now=timezone.now())
            return map_client_extensions(organization, extensions, users)
