"""Judges requests to Zendesk, and replies of its stand-in, by tables of its fields.

The tables follow the Ticketing API reference and its chapters on OAuth and pagination
(developer.zendesk.com).
"""

from functools import cache

from tests.support.fakes.field_tables import described, fields, operation
from tests.support.fakes.openapi_judge import Description

ROLES = "end-user|agent|admin"
USER = fields(
    f"id: integer!; name: string!; email: string?; phone: string?; role: {ROLES}!; "
    "active: boolean!; suspended: boolean!; time_zone: string; "
    "iana_time_zone: string; created_at: date-time; updated_at: date-time"
)
NEW_USER = fields(
    f"name: string!; phone: string; role: {ROLES}; skip_verify_email: boolean"
)
STATUSES = "new|open|pending|hold|solved|closed"
WRITABLE = (
    "subject: /.{1,150}/; requester_id: integer; assignee_id: integer; "
    f"external_id: string; status: {STATUSES}; tags: string[]"
)
NEW_COMMENT = fields("html_body: string!; public: boolean")
TICKET = fields(f"id: integer!; is_public: boolean!; {WRITABLE}")
COMMENT = fields(
    "id: integer!; author_id: integer!; html_body: string!; public: boolean!"
)
OFFSET_PAGES = "next_page: string?!; previous_page: string?; count: integer"
TOKEN_REQUEST = fields(
    "grant_type: /client_credentials/!; client_id: string!; client_secret: string!; "
    "scope: /((users|tickets):(read|write) ?)+/!"
)
TOKEN = fields(
    "access_token: string!; token_type: string!; scope: string; expires_in: integer"
)
ONE_USER = fields("user: USER!", USER=USER)
ONE_TICKET = fields("ticket: TICKET!", TICKET=TICKET)
TICKETS, USERS = "/api/v2/tickets", "/api/v2/users"


@cache
def zendesk_judge() -> Description:
    changes = fields(f"comment: COMMENT; {WRITABLE}", COMMENT=NEW_COMMENT)
    new = fields(f"comment: COMMENT!; {WRITABLE}", COMMENT=NEW_COMMENT)
    more = fields("has_more: boolean!; after_cursor: string?")
    links = fields("next: string?; prev: string?")
    return described(
        operation("POST", "/oauth/tokens", body=TOKEN_REQUEST, replies={200: TOKEN}),
        operation("GET", f"{USERS}/me.json", replies={200: ONE_USER}),
        operation(
            "GET",
            f"{USERS}.json",
            query="role[]: string; page[size]: integer; page[after]: string",
            replies={
                200: fields(
                    "users: USER[]!; meta: META!; links: LINKS!",
                    USER=USER,
                    META=more,
                    LINKS=links,
                )
            },
        ),
        operation(
            "POST",
            f"{USERS}.json",
            body=fields("user: USER!", USER=NEW_USER),
            replies={201: ONE_USER},
        ),
        operation(
            "GET",
            f"{USERS}/search.json",
            query="query: string!; page: integer; per_page: integer",
            replies={200: fields(f"users: USER[]!; {OFFSET_PAGES}", USER=USER)},
        ),
        operation(
            "GET",
            f"{TICKETS}.json",
            query="external_id: string; page: integer; per_page: integer",
            replies={200: fields(f"tickets: ONE[]!; {OFFSET_PAGES}", ONE=TICKET)},
        ),
        operation(
            "POST",
            f"{TICKETS}.json",
            body=fields("ticket: NEW!", NEW=new),
            replies={201: ONE_TICKET},
        ),
        operation(
            "PUT",
            f"{TICKETS}/{{id}}.json",
            body=fields("ticket: CHANGES!", CHANGES=changes),
            replies={200: ONE_TICKET},
        ),
        operation(
            "GET",
            f"{TICKETS}/{{id}}/comments.json",
            query="sort_order: asc|desc; page: integer; per_page: integer",
            replies={200: fields(f"comments: ONE[]!; {OFFSET_PAGES}", ONE=COMMENT)},
        ),
    )
