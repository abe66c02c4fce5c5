from django import template

from appconnect.organizations.models import Member

register = template.Library()


@register.filter
def may(member: Member, role: str) -> bool:
    """Tell whether the person's role allows what `role`, such as OPERATOR, does."""
    return member.may(Member.Role(role))
