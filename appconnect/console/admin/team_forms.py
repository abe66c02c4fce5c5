"""The forms that add a person or change a role."""

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.organizations.models import Extension, Member, Organization

Role = Member.Role
ROLE_HELP = gettext_lazy(
    "Viewers see calls and settings. Operators also map users, pause logging and retry "
    "calls. Admins can change everything, and must be RingCentral admins, too."
)


class RoleForm(forms.Form):
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=Role.choices, help_text=ROLE_HELP
    )

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class ExtensionMemberForm(RoleForm):
    """A person who signs in with RingCentral."""

    extension = forms.CharField(
        label=gettext_lazy("Extension"),
        max_length=20,
        help_text=gettext_lazy("An extension number, such as 102."),
    )
    field_order = ("extension", "role")

    def __init__(self, *args, organization: Organization, **kwargs):
        super().__init__(*args, **kwargs)
        self.organization = organization

    def clean_extension(self) -> Extension:
        number = self.cleaned_data["extension"]
        found = self.organization.extensions.filter(
            extension_number=number, is_enabled=True
        ).first()
        if found is None or not found.is_person:
            raise forms.ValidationError(_("No person has this extension."))
        return found


class LocalMemberForm(RoleForm):
    """A person who signs in with a password."""

    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        validators=[User.username_validator],
    )
    field_order = ("username", "role")
