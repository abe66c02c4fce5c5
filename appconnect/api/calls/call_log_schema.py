"""What /callLog takes and gives."""

from appconnect.api.docs.schema import (
    ANSWER_MEMBERS,
    ANYTHING,
    FLAG,
    ID,
    TEXT,
    about,
    list_of,
    one_of,
    shape,
)

EXTENSION = {
    "extensionNumber": "Whose call it is, as a browser says it.",
    "hashedExtensionId": "The same, as `/userInfoHash` gives it.",
    "rcExtensionId": "The same, as a logging service says it.",
}
EXTENSION_MEMBERS = {name: about(why, ID) for name, why in EXTENSION.items()}
PARTY = shape(
    {"phoneNumber": TEXT, "extensionNumber": ID, "extensionId": ID, "name": TEXT}
)
INSTANT = about(
    "ISO 8601 with its offset, or epoch milliseconds.",
    {"oneOf": [{"type": "string", "format": "date-time"}, {"type": "number"}]},
)
DURATION = about(
    "In seconds; `pending` for a call that goes on.",
    {"oneOf": [{"type": "number", "minimum": 0}, one_of("pending")]},
)
WORDS = {
    "aiNote": TEXT,
    "transcript": TEXT,
    "ringSenseTranscript": TEXT,
    "ringSenseSummary": TEXT,
    "ringSenseAIScore": {"type": ["string", "number"]},
    "ringSenseBulletedSummary": TEXT,
    "ringSenseLink": TEXT,
}
LEGS = about(
    "The call's journey, from party to party.",
    list_of(
        shape(
            {
                "direction": TEXT,
                "legType": TEXT,
                "from": PARTY,
                "to": PARTY,
                "duration": {"type": "integer"},
            }
        )
    ),
)
LOG_INFO = shape(
    {
        "sessionId": ID,
        "telephonySessionId": TEXT,
        "direction": one_of("Inbound", "Outbound"),
        "from": PARTY,
        "to": PARTY,
        "startTime": INSTANT,
        "duration": DURATION,
        "result": TEXT,
        "customSubject": about("What its person calls the record.", TEXT),
        "legs": LEGS,
        "recording": shape({"link": TEXT}),
        "voicemail": shape({"link": TEXT}),
    },
    needs="sessionId direction startTime",
)
TO_LOG = shape(
    {
        "logInfo": about("RingCentral's record of the call.", LOG_INFO),
        "contactId": about("Without one the answer is a refusal.", ID),
        "contactType": TEXT,
        "contactName": TEXT,
        "note": TEXT,
        "voicemailLink": TEXT,
        **WORDS,
        "additionalSubmission": shape(
            {
                "isAssignedToUser": FLAG,
                "adminAssignedUserRcId": about("Whose mapping names the owner.", ID),
                "adminAssignedUserToken": about(
                    "The userJwt of who owns it where there is no mapping.", TEXT
                ),
            }
        ),
        **EXTENSION_MEMBERS,
    },
    needs="logInfo",
    example={
        "logInfo": {
            "sessionId": "815201",
            "telephonySessionId": "s-a1b2c3",
            "direction": "Inbound",
            "from": {"phoneNumber": "+14155550101"},
            "to": {"extensionNumber": "101"},
            "startTime": "2026-11-02T09:30:00Z",
            "duration": 42,
            "result": "Accepted",
        },
        "contactId": "c1",
        "contactName": "Iris Ito",
        "note": "Asked for an offer.",
    },
)
TO_UPDATE = shape(
    {
        "sessionId": ID,
        **EXTENSION_MEMBERS,
        "note": TEXT,
        "startTime": INSTANT,
        "duration": DURATION,
        "result": TEXT,
        "recordingLink": TEXT,
        "voicemailLink": TEXT,
        "subject": TEXT,
        "legs": LEGS,
        **WORDS,
    },
    needs="sessionId",
    example={
        "sessionId": "815201",
        "duration": 61,
        "recordingLink": "https://recordings.example.com/1",
    },
)
LOGGED = shape(
    {
        **ANSWER_MEMBERS,
        "logId": about("Of the record in the CRM.", TEXT),
        "updatedNote": about("As it now stands, after an update.", TEXT),
    },
    needs="successful",
)
LOGS = shape(
    {
        **ANSWER_MEMBERS,
        "logs": list_of(
            shape(
                {
                    "sessionId": TEXT,
                    "matched": FLAG,
                    "logId": TEXT,
                    "logData": shape(
                        {
                            **dict.fromkeys(
                                ("subject", "note", "fullBody", "contactName"), TEXT
                            ),
                            "dispositions": about(
                                "Empty: no connector has any.", ANYTHING
                            ),
                        },
                        needs="subject note fullBody contactName dispositions",
                    ),
                },
                needs="sessionId matched",
            )
        ),
    },
    needs="successful",
)
