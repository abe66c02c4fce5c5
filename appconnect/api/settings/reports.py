"""GET /ringcentral/admin/report and /ringcentral/admin/userReport.

App Connect's server asks RingCentral's analytics for them; here they are counted from
the calls that this server knows.
"""

from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.response import Response
from rest_framework.serializers import CharField, IntegerField, ListField, Serializer

from appconnect.api.base.answers import plain_text
from appconnect.api.base.fields import IdField, RequestSerializer, TextField
from appconnect.api.base.permissions import (
    NO_ADMIN,
    HasCrmSession,
    IsRingCentralAdmin,
)
from appconnect.api.base.views import ClientView
from appconnect.api.calls.client_payload import InstantField
from appconnect.monitoring.status.call_report import CallTotals, call_totals
from appconnect.organizations.models import Organization

NO_TIME, MAX_RANGE = timedelta(0), timedelta(days=366)
COMPANY, USERS = GROUPS = "Company", "Users"
OWN = "~"
NO_EXTENSION = "No extension"
"""The line of calls at no extension, or at one that the directory does not have."""


class QueryInstantField(InstantField):
    def to_internal_value(self, data: object) -> datetime:
        # A plus sign that was not encoded arrives as a space.
        return super().to_internal_value(str(data).replace(" ", "+"))


class RangeQuery(RequestSerializer):
    timeFrom = QueryInstantField(help_text="ISO 8601 with its offset.")
    timeTo = QueryInstantField(help_text="The same, a year later at most.")

    @classmethod
    def read(cls, data: object) -> dict[str, Any]:
        query = super().read(data)
        if not NO_TIME <= query["timeTo"] - query["timeFrom"] <= MAX_RANGE:
            raise ParseError("timeTo is before timeFrom, or more than a year after it.")
        return query


class ReportQuery(RangeQuery):
    groupBy = TextField(help_text="`Company`, or `Users` for a line per extension.")


class UserReportQuery(RangeQuery):
    rcExtensionId = IdField(
        default=OWN,
        help_text="`~` is the person's own; another one's is for admins.",
    )


class CallStats(Serializer):
    inboundCallCount = IntegerField()
    outboundCallCount = IntegerField()
    answeredCallCount = IntegerField(help_text="Of the inbound calls.")
    answeredCallPercentage = CharField()
    totalTalkTime = IntegerField(help_text="In minutes.")
    averageTalkTime = IntegerField(help_text="In minutes.")


class NamedCallStats(CallStats):
    name = CharField()


class MessageStats(Serializer):
    smsSentCount = IntegerField()
    smsReceivedCount = IntegerField()


class Report(Serializer):
    callLogStats = NamedCallStats(many=True)
    itemKeys = ListField(child=CharField(), help_text="The names of the lines.")
    groupedBy = CharField()
    groupKeys = ListField(child=CharField())


class UserReport(Serializer):
    callLogStats = CallStats()
    smsLogStats = MessageStats(help_text="Zero: messages are not counted here.")


class ReportView(ClientView):
    """Counted from the calls that this server knows, as far as they are kept."""

    permission_classes = [IsRingCentralAdmin]

    @extend_schema(parameters=[ReportQuery], responses=Report)
    def get(self, request):
        """Count the company's calls."""
        query = ReportQuery.read(request.query_params)
        organization = request.user.organization
        totals = call_totals(
            organization, begins=query["timeFrom"], ends=query["timeTo"]
        )
        if query["groupBy"] == USERS:
            lines = lines_of_users(organization, totals)
        else:
            lines = [(organization.name, sum(totals.values(), CallTotals()))]
        return Response(
            {
                "callLogStats": [
                    {"name": name, **stats_of(line)} for name, line in lines
                ],
                "itemKeys": [name for name, _line in lines],
                "groupedBy": USERS if query["groupBy"] == USERS else COMPANY,
                "groupKeys": list(GROUPS),
            }
        )


class UserReportView(ClientView):
    """Everybody may ask for their own calls, an admin for those of any extension."""

    permission_classes = [HasCrmSession]

    @extend_schema(
        parameters=[UserReportQuery],
        responses={200: UserReport, **plain_text(NO_ADMIN, status=403)},
    )
    def get(self, request):
        """Count a person's calls."""
        query = UserReportQuery.read(request.query_params)
        session = request.user
        extension_id = query["rcExtensionId"]
        if extension_id in (OWN, session.extension_id):
            extension_id = session.extension_id
        else:
            IsRingCentralAdmin().has_permission(request, self)
        totals = call_totals(
            session.organization,
            begins=query["timeFrom"],
            ends=query["timeTo"],
            extension_id=extension_id,
        )
        return Response(
            {
                "callLogStats": stats_of(sum(totals.values(), CallTotals())),
                "smsLogStats": {"smsSentCount": 0, "smsReceivedCount": 0},
            }
        )


def lines_of_users(
    organization: Organization, totals: dict[str, CallTotals]
) -> list[tuple[str, CallTotals]]:
    """Return the totals of each extension, in the order of names, then those of the rest.

    Together they are the company's. Two extensions may have the same name and number.
    """
    rest = dict(totals)
    lines = [
        (f"{one.name} ({one.extension_number})", rest.pop(one.extension_id))
        for one in organization.extensions.filter(extension_id__in=totals)
    ]
    lines.sort(key=itemgetter(0))
    if rest:
        lines.append((NO_EXTENSION, sum(rest.values(), CallTotals())))
    return lines


def stats_of(totals: CallTotals) -> dict[str, int | str]:
    """Return totals as the client shows them."""
    count = totals.inbound + totals.outbound
    share = totals.answered / totals.inbound if totals.inbound else 0
    return {
        "inboundCallCount": totals.inbound,
        "outboundCallCount": totals.outbound,
        "answeredCallCount": totals.answered,
        "answeredCallPercentage": f"{share:.2%}" if share else "0%",
        "totalTalkTime": round(totals.seconds / 60),
        "averageTalkTime": round(totals.seconds / 60 / count) if count else 0,
    }
