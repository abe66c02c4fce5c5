"""The data of a fresh sandbox: one RingCentral account, and a CRM with most of its people."""

from typing import Any

ACCOUNT_ID = "800100200"
COMPANY = "Sandbox Ltd"
MAIN_NUMBER = "+16505550100"
SECOND_NUMBER = "+18885550100"
CLIENT_ID = "sandbox-app"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105  no secret
ADMIN_EXTENSION = "101"
SERVICE_ACCOUNT = {"username": "service", "password": "sandbox"}
QUEUE = "200"
QUEUE_MEMBERS = ("103", "104", "105")
IVR = "300"
MESSAGE_ONLY = "400"
AI_RECEPTIONIST = "500"
NOT_ACTIVATED = "106"
"""The person who has not set up their account; calls from their desk phone are logged."""
TIME_ZONE = "America/Los_Angeles"
TIME_ZONES = {"107": "America/New_York"}
"""Extensions in another time zone than the account's."""
UNKNOWN_NUMBER = "+12125550147"
ANONYMOUS = "anonymous"
MASKED = "+1855201XXXX"

# number, name, e-mail, type
EXTENSIONS = (
    ("101", "Ada Admin", "ada.admin@example.com", "User"),
    ("102", "Ben Baker", "ben.baker@example.com", "User"),
    ("103", "Cleo Carter", "cleo.carter@example.com", "User"),
    ("104", "Dan Diaz", "dan.diaz@example.com", "User"),
    ("105", "Eva Evans", "eva.evans@example.com", "DigitalUser"),
    ("106", "Finn Fox", "finn.fox@example.com", "User"),
    ("107", "Sam Lee", "sam.lee@example.com", "User"),
    ("108", "Gus Grey", "gus.grey@example.com", "User"),
    (QUEUE, "Sales queue", "", "Department"),
    (IVR, "Main menu", "", "IvrMenu"),
    (MESSAGE_ONLY, "After hours", "", "Voicemail"),
    (AI_RECEPTIONIST, "AI receptionist", "", "ApplicationExtension"),
)

# id, name, e-mail: six match an extension by e-mail, two share the name of extension 107
CRM_USERS = (
    ("u1", "Ada Admin", "ada.admin@example.com"),
    ("u2", "Ben Baker", "Ben.Baker@Example.com"),
    ("u3", "Cleo Carter", "cleo.carter@example.com"),
    ("u4", "Daniel Diaz", "dan.diaz@example.com"),
    ("u5", "Eva Evans", "eva.evans@example.com"),
    ("u6", "Finn Fox", "finn.fox@example.com"),
    ("u7", "Sam Lee", "sam.lee@north.example.com"),
    ("u8", "Sam Lee", "sam.lee@south.example.com"),
)

# id, name, phone: the last two share a number
CONTACTS = (
    ("c1", "Iris Ito", "+14155550101"),
    ("c2", "Jonas Jung", "+14155550102"),
    ("c3", "Kim Kovac", "+14155550103"),
    ("c4", "Lena Lund", "+14155550104"),
    ("c5", "Milo Marsh", "+14155550105"),
    ("c6", "Nora Novak", "+14155550106"),
    ("c7", "Omar Ortiz", "+14155550107"),
    ("c8", "Pia Park", "+14155550108"),
    ("c9", "Quin Quist", "+442079460018"),
    ("c10", "Rosa Rossi", "+493090182000"),
    ("c11", "Tom Twin", "+14155550111"),
    ("c12", "Tim Twin", "+14155550111"),
)


def extension_id(number: str) -> str:
    """Return the RingCentral id of the extension with this number."""
    return f"800100{number}"


def direct_number(number: str) -> str:
    """Return the direct phone number of an extension."""
    return f"+16505550{number}"


def phone_numbers() -> list[dict[str, Any]]:
    """Return the account's phone numbers in RingCentral's shape, without a plus."""
    company = [(MAIN_NUMBER, "MainCompanyNumber"), (SECOND_NUMBER, "CompanyNumber")]
    direct = [(direct_number(number), number) for number, *_ in EXTENSIONS]
    numbers = [
        {"phoneNumber": number, "usageType": usage, "type": "VoiceFax"}
        for number, usage in company
    ] + [
        {
            "phoneNumber": phone_number,
            "usageType": "DirectNumber",
            "type": "VoiceFax",
            "extension": {"id": int(extension_id(number)), "extensionNumber": number},
        }
        for phone_number, number in direct
    ]
    return [
        {**number, "id": n, "phoneNumber": number["phoneNumber"].removeprefix("+")}
        for n, number in enumerate(numbers, 700100)
    ]


def jwt_of(number: str) -> str:
    """Return the JWT credential of the person at an extension."""
    return f"sandbox-jwt-{number}"


def api_key_of(crm_user_id: str) -> str:
    """Return the API key of a CRM user."""
    return f"sandbox-key-{crm_user_id}"
