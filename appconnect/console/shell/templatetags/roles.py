from django import template
from django.urls import resolve, reverse

from appconnect.organizations.models import Member

register = template.Library()


@register.filter
def may(member: Member, role: str) -> bool:
    """Return whether the person has at least this role, such as OPERATOR."""
    return member.may(Member.Role(role))


@register.filter
def may_open(member: Member, page: str) -> bool:
    """Return whether the person may see the page with this URL name."""
    return member.may(resolve(reverse(page)).func.view_class.role)
