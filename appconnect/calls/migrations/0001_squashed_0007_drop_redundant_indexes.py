import uuid

import django.db.models.deletion
from django.db import migrations, models

import appconnect.organizations.models.sealed


class Migration(migrations.Migration):
    replaces = [
        ("calls", "0001_initial"),
        ("calls", "0002_skipped_supervision_and_transfers"),
        ("calls", "0003_written_facts"),
        ("calls", "0004_hidden_contact_and_held_since"),
        ("calls", "0005_plainer_words"),
        ("calls", "0006_note_of_an_extension"),
        ("calls", "0007_drop_redundant_indexes"),
    ]

    initial = True

    dependencies = [
        ("organizations", "0001_squashed_0014_drop_redundant_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="CallLogSync",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="call_log_sync",
                        serialize=False,
                        to="organizations.organization",
                    ),
                ),
                ("since", models.DateTimeField(null=True)),
                ("sync_token", models.TextField(blank=True)),
                ("complete_until", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("reading_until", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CrmRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "fence",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Counts the attempts: an earlier one is too late.",
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True)),
                ("platform", models.CharField(max_length=60)),
                ("crm_hostname", models.CharField(blank=True, max_length=253)),
                ("telephony_session_id", models.CharField(max_length=200)),
                (
                    "session_id",
                    models.CharField(
                        blank=True,
                        help_text="RingCentral's shorter name of the call, which clients ask by.",
                        max_length=40,
                    ),
                ),
                ("extension_id", models.CharField(blank=True, max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("RESERVED", "not sent"),
                            ("SENDING", "being sent"),
                            ("UNKNOWN", "sent, no answer"),
                            ("LOGGED", "logged"),
                        ],
                        default="RESERVED",
                        max_length=10,
                    ),
                ),
                ("record_id", models.CharField(blank=True, max_length=200)),
                ("contact_id", models.CharField(blank=True, max_length=200)),
                ("contact_type", models.CharField(blank=True, max_length=60)),
                (
                    "owner_id",
                    models.CharField(
                        blank=True,
                        help_text="CRM user; empty: who was signed in.",
                        max_length=200,
                    ),
                ),
                ("owner_name", models.CharField(blank=True, max_length=200)),
                ("logged_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CallSession",
            fields=[
                ("session_id", models.CharField(blank=True, max_length=40)),
                (
                    "direction",
                    models.CharField(
                        blank=True,
                        choices=[("Inbound", "Inbound"), ("Outbound", "Outbound")],
                        max_length=10,
                    ),
                ),
                ("extension_id", models.CharField(blank=True, max_length=40)),
                ("type", models.CharField(blank=True, max_length=10)),
                ("duration_seconds", models.PositiveIntegerField(null=True)),
                ("result", models.CharField(blank=True, max_length=60)),
                (
                    "details",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                (
                    "contact_number_hash",
                    models.CharField(
                        blank=True,
                        help_text="`Organization.number_hash` of the other party's number.",
                        max_length=64,
                    ),
                ),
                (
                    "written",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                (
                    "logged_contact_name",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                (
                    "contact_candidates",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                (
                    "chosen_contact",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("telephony_session_id", models.CharField(max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("CALLING", "On call"),
                            ("WAITING_FOR_RECORD", "Waiting for call log"),
                            ("WAITING_TO_LOG", "Queued"),
                            ("LOGGED", "Logged"),
                            ("SKIPPED", "Skipped"),
                            ("NEEDS_ATTENTION", "Needs attention"),
                            ("FAILED", "Failed"),
                        ],
                        default="CALLING",
                        max_length=20,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("LOGGING_DISABLED", "Logging was off"),
                            ("OUT_OF_SCOPE", "Outside scope"),
                            ("PAUSED", "Skipped after a pause"),
                            ("DO_NOT_LOG", "On the do-not-log list"),
                            ("INTERNAL_CALL", "Internal call"),
                            ("FAX", "Fax"),
                            ("SUPERVISION", "Supervisor listening in"),
                            ("TRANSFERRED", "Transfer, logged with the original call"),
                            ("NO_EXTENSION", "Hung up before reaching anyone"),
                            ("WITHHELD_NUMBER", "Caller ID withheld or incomplete"),
                            ("NO_CONTACT", "No matching contact"),
                            ("SEVERAL_CONTACTS", "Multiple contacts match"),
                            ("LEFT_BY_ADMIN", "Dismissed"),
                            ("UNMAPPED_EXTENSION", "Unmapped extension"),
                            ("INACTIVE_CRM_USER", "CRM user is inactive"),
                            ("UNLICENSED_OWNER", "CRM user has no license"),
                            ("NO_CREDENTIALS", "CRM not connected"),
                            ("CREDENTIALS_REJECTED", "CRM password rejected"),
                            ("HIDDEN_CONTACT", "Contact not found by search"),
                            ("REFUSED_BY_CRM", "Rejected by the CRM"),
                            ("UNDECIDED", "Outcome unknown"),
                            ("RETRY_CANCELED", "Retry canceled"),
                            ("SEVERAL_RECORDS", "Duplicate records in the CRM"),
                            ("NO_RECORD", "Missing from RingCentral's call log"),
                            ("GAVE_UP", "All attempts failed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "fence",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Counts the claims: an earlier one is too late.",
                    ),
                ),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField()),
                ("last_event_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "ended_at",
                    models.DateTimeField(
                        help_text="When the call came to its visible end here.",
                        null=True,
                    ),
                ),
                (
                    "held_since",
                    models.DateTimeField(
                        help_text="When it was first held, however often it was retried since.",
                        null=True,
                    ),
                ),
                ("configuration_version", models.PositiveIntegerField(default=0)),
                (
                    "retry_requested_at",
                    models.DateTimeField(
                        help_text="When a person last retried this one call.", null=True
                    ),
                ),
                (
                    "was_recovered",
                    models.BooleanField(
                        default=False,
                        help_text="No notification came; it is from the call log.",
                    ),
                ),
                (
                    "has_ended_in_log",
                    models.BooleanField(
                        default=False,
                        help_text="The call log's record was stored before the call had settled.",
                    ),
                ),
                (
                    "is_final",
                    models.BooleanField(
                        default=True,
                        help_text="RingCentral's record looked final when it was stored.",
                    ),
                ),
                (
                    "slot_at",
                    models.DateTimeField(
                        help_text="Its slot at a CRM that limits the calls per minute.",
                        null=True,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_attempt_at__isnull", False)),
                        fields=["next_attempt_at"],
                        name="call_due",
                    ),
                    models.Index(
                        fields=["organization", "-started_at", "-id"],
                        name="call_recent",
                    ),
                    models.Index(
                        fields=["organization", "status", "-started_at", "-id"],
                        name="call_by_status",
                    ),
                    models.Index(
                        fields=["organization", "reason", "-started_at", "-id"],
                        name="call_by_reason",
                    ),
                    models.Index(
                        fields=["organization", "extension_id", "-started_at", "-id"],
                        name="call_by_extension",
                    ),
                    models.Index(
                        fields=["organization", "direction", "-started_at", "-id"],
                        name="call_by_direction",
                    ),
                    models.Index(
                        fields=[
                            "organization",
                            "contact_number_hash",
                            "-started_at",
                            "-id",
                        ],
                        name="call_by_number",
                    ),
                    models.Index(
                        fields=["organization", "session_id"], name="call_by_session"
                    ),
                    models.Index(
                        condition=models.Q(("next_attempt_at__isnull", False)),
                        fields=["organization", "-started_at", "-id"],
                        name="call_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("was_recovered", True)),
                        fields=["organization", "-started_at", "-id"],
                        name="call_recovered",
                    ),
                    models.Index(
                        condition=models.Q(("details__isnull", False)),
                        fields=["organization", "started_at"],
                        name="call_identifiable",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "telephony_session_id"),
                        name="one_call_per_session",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ClientDetails",
            fields=[
                (
                    "crm_record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="client_details",
                        serialize=False,
                        to="calls.crmrecord",
                    ),
                ),
                (
                    "details",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="crmrecord",
            name="call",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="crm_records",
                to="calls.callsession",
            ),
        ),
        migrations.AddField(
            model_name="crmrecord",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="crm_records",
                to="organizations.organization",
            ),
        ),
        migrations.CreateModel(
            name="ContactSearch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("question_hash", models.CharField(max_length=64)),
                (
                    "contacts",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                ("looked_up_at", models.DateTimeField(null=True)),
                ("looking_until", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contact_searches",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "question_hash"),
                        name="one_look_up_per_number",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CrmCircuit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("platform", models.CharField(max_length=60)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("open_until", models.DateTimeField(null=True)),
                (
                    "opened_at",
                    models.DateTimeField(
                        help_text="When the CRM stopped answering, if it still does not.",
                        null=True,
                    ),
                ),
                ("rejected_at", models.DateTimeField(null=True)),
                ("failure", models.CharField(blank=True, max_length=300)),
                ("configuration_version", models.PositiveIntegerField(default=0)),
                (
                    "next_slot_at",
                    models.DateTimeField(
                        help_text="When the next call may be logged, where that is limited.",
                        null=True,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="crm_circuits",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "platform"), name="one_circuit_per_crm"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PlaceholderContact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "fence",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Counts the attempts: an earlier one is too late.",
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True)),
                ("platform", models.CharField(max_length=60)),
                ("crm_hostname", models.CharField(blank=True, max_length=253)),
                ("number_hash", models.CharField(max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("RESERVED", "not sent"),
                            ("SENDING", "being sent"),
                            ("UNKNOWN", "sent, no answer"),
                            ("CREATED", "created"),
                        ],
                        default="RESERVED",
                        max_length=10,
                    ),
                ),
                ("contact_id", models.CharField(blank=True, max_length=200)),
                ("contact_type", models.CharField(blank=True, max_length=60)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="placeholder_contacts",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "organization",
                            "platform",
                            "crm_hostname",
                            "number_hash",
                        ),
                        name="one_placeholder_per_number",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RetryBatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("started_by", models.CharField(max_length=200)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="retry_batches",
                        to="organizations.organization",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="callsession",
            name="retry_batch",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="calls",
                to="calls.retrybatch",
            ),
        ),
        migrations.CreateModel(
            name="TimelineEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("RECEIVED", "Received"),
                            ("RECOVERED", "Found in call log"),
                            ("ENDED", "Ended"),
                            ("RECORD", "Call log"),
                            ("ELIGIBLE", "Eligible"),
                            ("CONTACT", "Contact"),
                            ("CONTACT_CHOSEN", "Contact chosen"),
                            ("CONTACT_CREATED", "Contact created"),
                            ("OWNER", "Activity owner"),
                            ("CREDENTIALS", "Credentials"),
                            ("RESERVED", "Reserved"),
                            ("SENT", "Sent"),
                            ("LOGGED", "Logged"),
                            ("FOUND", "Found"),
                            ("NOT_FOUND", "Not found"),
                            ("SKIPPED", "Skipped"),
                            ("NEEDS_ATTENTION", "Needs attention"),
                            ("NOT_LOGGED_YET", "Will retry"),
                            ("NO_CLEAR_ANSWER", "No answer"),
                            ("INTERNAL_ERROR", "Internal error"),
                            ("GAVE_UP", "Stopped retrying"),
                            ("FAILED", "Failed"),
                            ("TRIED_AGAIN", "Retried"),
                            ("NOT_TRIED_AGAIN", "Retry canceled"),
                            ("LOOKED_FOR_AGAIN", "Checked again"),
                            ("NOT_THERE", "Not found"),
                            ("UPDATED", "Updated"),
                            ("NOT_UPDATED_YET", "Update delayed"),
                            ("NOT_UPDATED", "Not updated"),
                            ("DELETED", "Deleted in the CRM"),
                            ("FORGOTTEN", "Details removed"),
                            ("ERASED", "Erased"),
                        ],
                        max_length=20,
                    ),
                ),
                ("sentence", models.CharField(max_length=40)),
                ("values", models.JSONField(default=dict)),
                ("configuration_version", models.PositiveIntegerField()),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timeline",
                        to="calls.callsession",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "timeline entries",
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="CachedNote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("extension_id", models.CharField(blank=True, max_length=40)),
                ("session_id", models.CharField(max_length=200)),
                (
                    "note",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cached_notes",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "extension_id", "session_id"),
                        name="one_note_per_session",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CallParty",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("party_id", models.CharField(max_length=200)),
                ("extension_id", models.CharField(blank=True, max_length=40)),
                ("sequence", models.PositiveIntegerField(default=0)),
                ("status", models.CharField(max_length=40)),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("has_ended", models.BooleanField(default=False)),
                ("was_answered", models.BooleanField(default=False)),
                (
                    "call",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parties",
                        to="calls.callsession",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "call parties",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("call", "party_id"), name="one_row_per_party"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="crmrecord",
            index=models.Index(
                fields=["organization", "record_id"], name="call_log_by_crm_id"
            ),
        ),
        migrations.AddIndex(
            model_name="crmrecord",
            index=models.Index(
                fields=["organization", "session_id"], name="call_log_by_session"
            ),
        ),
        migrations.AddConstraint(
            model_name="crmrecord",
            constraint=models.UniqueConstraint(
                fields=(
                    "organization",
                    "platform",
                    "telephony_session_id",
                    "extension_id",
                ),
                name="one_record_per_call_and_extension",
            ),
        ),
        migrations.AddIndex(
            model_name="callsession",
            index=models.Index(
                condition=models.Q(("retry_batch__isnull", False)),
                fields=["organization", "-started_at", "-id"],
                name="call_in_retry_batch",
            ),
        ),
    ]
