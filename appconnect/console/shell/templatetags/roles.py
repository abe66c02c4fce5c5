from django import template
from django.urls import resolve, reverse

from appconnect.organizations.models import Member

register = template.Library()


@register.filter
def may(member: Member, role: str) -> bool:
    """Tell whether the person's role allows what `role`, such as OPERATOR, does."""
    return member.may(Member.Role(role))


@register.filter
def may_open(member: Member, page: str) -> bool:
    """Tell whether the person's role lets them see a page, by the name of its URL."""
    return member.may(resolve(reverse(page)).func.view_class.role)
