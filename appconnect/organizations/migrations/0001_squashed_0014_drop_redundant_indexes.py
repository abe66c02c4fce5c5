import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import appconnect.organizations.models.sealed
import appconnect.organizations.models.server_logging


class Migration(migrations.Migration):
    replaces = [
        ("organizations", "0001_initial"),
        ("organizations", "0002_recording_links"),
        ("organizations", "0003_add_directory_oddities"),
        ("organizations", "0004_extension_is_activated"),
        ("organizations", "0005_account_numbers"),
        ("organizations", "0006_add_admin_right"),
        ("organizations", "0007_count_unreadable_notifications"),
        ("organizations", "0008_second_factor"),
        ("organizations", "0009_name_the_rules"),
        ("organizations", "0010_name_actions_and_retention_plainly"),
        ("organizations", "0011_plainer_words"),
        ("organizations", "0012_plainer_help_texts"),
        ("organizations", "0013_managed_keys"),
        ("organizations", "0014_drop_redundant_indexes"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempts",
            fields=[
                (
                    "key",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                ("count", models.PositiveIntegerField(default=0)),
                ("refused_until", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="CrmSession",
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
                ("platform", models.CharField(max_length=60)),
                ("crm_user_id", models.CharField(max_length=200)),
                ("name", models.CharField(blank=True, max_length=200)),
                (
                    "extension_id",
                    models.CharField(
                        help_text="The person's RingCentral extension.", max_length=40
                    ),
                ),
                (
                    "access_token",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                ("admin_proved_at", models.DateTimeField(null=True)),
                ("connected_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="Organization",
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
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("rc_account_id", models.CharField(max_length=40, unique=True)),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        help_text="ISO 3166 country that national phone numbers belong to; empty: not known.",
                        max_length=2,
                        verbose_name="country of national numbers",
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        default="UTC", max_length=60, verbose_name="time zone"
                    ),
                ),
                (
                    "platform",
                    models.CharField(blank=True, max_length=60, verbose_name="CRM"),
                ),
                (
                    "crm_hostname",
                    models.CharField(
                        blank=True,
                        help_text="The host of your own CRM, such as crm.example.com. Empty where everybody's CRM has the same address.",
                        max_length=253,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Za-z0-9.-]+(:\\d{1,5})?\\Z", "Enter a host name."
                            )
                        ],
                        verbose_name="CRM address",
                    ),
                ),
                (
                    "index_key",
                    appconnect.organizations.models.sealed.SealedField(
                        default=appconnect.organizations.models.sealed.make_key,
                        editable=False,
                        null=True,
                    ),
                ),
                (
                    "data_key",
                    appconnect.organizations.models.sealed.SealedField(
                        default=appconnect.organizations.models.sealed.make_key,
                        editable=False,
                        null=True,
                    ),
                ),
                ("configuration_version", models.PositiveIntegerField(default=1)),
                (
                    "numbers_version",
                    models.PositiveIntegerField(
                        db_default=0,
                        default=0,
                        help_text="Counts the changes of the account's phone numbers; 0: never read.",
                    ),
                ),
                ("directory_refreshed_at", models.DateTimeField(null=True)),
                ("directory_failure", models.CharField(blank=True, max_length=300)),
                (
                    "directory_oddities",
                    models.TextField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="What was wrong in the lists that were read last, a line each.",
                    ),
                ),
                (
                    "requires_second_factor",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Of people who sign in with a password.",
                        verbose_name="require a second factor",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Member",
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
                    "role",
                    models.CharField(
                        choices=[
                            ("VIEWER", "Viewer"),
                            ("OPERATOR", "Operator"),
                            ("ADMIN", "Admin"),
                        ],
                        default="ADMIN",
                        max_length=10,
                    ),
                ),
                ("extension_id", models.CharField(blank=True, max_length=40)),
                (
                    "right_confirmed_at",
                    models.DateTimeField(
                        help_text="When RingCentral last said that this is an admin.",
                        null=True,
                    ),
                ),
                (
                    "session_number",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="A session that began under another number has ended.",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="member",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="organizations.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Retention",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="retention",
                        serialize=False,
                        to="organizations.organization",
                    ),
                ),
                (
                    "identity_days",
                    models.PositiveSmallIntegerField(
                        default=90,
                        help_text="Number, name and recording links. 1 to 365 days after the call.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                        verbose_name="Caller details (days)",
                    ),
                ),
                (
                    "work_state_days",
                    models.PositiveSmallIntegerField(
                        default=400,
                        help_text="State, IDs, times and timeline. At least as long as the caller details. After that, nothing is left of the call here.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="Call history (days)",
                    ),
                ),
                (
                    "is_on_hold",
                    models.BooleanField(
                        default=False,
                        help_text="Nothing is deleted, whether its days are over or a number is erased.",
                        verbose_name="Legal hold",
                    ),
                ),
                ("purged_at", models.DateTimeField(null=True)),
                ("forgotten", models.PositiveIntegerField(default=0)),
                ("deleted", models.PositiveIntegerField(default=0)),
                ("deleted_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RingCentralConnection",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="ringcentral_connection",
                        serialize=False,
                        to="organizations.organization",
                    ),
                ),
                (
                    "extension_id",
                    models.CharField(
                        help_text="Whose sign-in this is: the admin's extension.",
                        max_length=40,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("CONNECTED", "Connected"),
                            ("RIGHTS_MISSING", "Rights missing"),
                            ("RECONNECT_NEEDED", "Reconnect needed"),
                        ],
                        default="CONNECTED",
                        max_length=20,
                    ),
                ),
                ("failure", models.CharField(blank=True, max_length=300)),
                ("failed_at", models.DateTimeField(null=True)),
                (
                    "generation",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Counts the sign-ins: an old one changes no newer one.",
                    ),
                ),
                (
                    "jwt",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                (
                    "scopes",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="What RingCentral granted, separated by spaces; empty: not known.",
                    ),
                ),
                (
                    "refresh_token",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                (
                    "access_token",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                ("access_token_expires_at", models.DateTimeField(null=True)),
                ("signing_in_until", models.DateTimeField(null=True)),
                (
                    "checked_at",
                    models.DateTimeField(
                        help_text="When the admin right was last confirmed.", null=True
                    ),
                ),
                (
                    "held_until",
                    models.DateTimeField(
                        help_text="No request before this: a penalty, or an outage.",
                        null=True,
                    ),
                ),
                ("keeping_subscription_until", models.DateTimeField(null=True)),
                (
                    "phone_numbers_page",
                    models.PositiveIntegerField(
                        db_default=1,
                        default=1,
                        help_text="Where the account's phone numbers are read on from.",
                    ),
                ),
                ("call_log_tokens", models.FloatField(default=3.0)),
                ("call_log_tokens_at", models.FloatField(default=0.0)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="MappingBatch",
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
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=200)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("MATCH", "matching"),
                            ("CSV", "a CSV file"),
                            ("BULK", "several at once"),
                            ("CLIENT", "App Connect's client"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "size",
                    models.PositiveIntegerField(
                        help_text="How many mappings it changed."
                    ),
                ),
                (
                    "changes",
                    models.JSONField(
                        help_text="Objects with `mapping` and `extension`, `crm_user_before`, `match_before`, `crm_user_after`, `match_after`, and the row's `version` after it."
                    ),
                ),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mapping_batches",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="LoggingSubscription",
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
                ("event_filter", models.CharField(max_length=200)),
                ("verification_token_hash", models.CharField(max_length=64)),
                ("subscription_id", models.CharField(blank=True, max_length=80)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("CREATING", "being created"),
                            ("ACTIVE", "active"),
                            ("REPLACED", "being replaced"),
                            ("FAILED", "failed"),
                        ],
                        default="CREATING",
                        max_length=10,
                    ),
                ),
                ("failure", models.CharField(blank=True, max_length=300)),
                ("expires_at", models.DateTimeField(null=True)),
                ("polled_at", models.DateTimeField(null=True)),
                (
                    "unreadable",
                    models.PositiveIntegerField(
                        db_default=0,
                        default=0,
                        help_text="How many of its notifications could not be read, wholly or in part.",
                    ),
                ),
                ("unreadable_at", models.DateTimeField(null=True)),
                (
                    "unreadable_reason",
                    models.CharField(db_default="", default="", max_length=40),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="logging_subscriptions",
                        to="organizations.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Extension",
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
                ("extension_id", models.CharField(max_length=40)),
                ("extension_number", models.CharField(blank=True, max_length=20)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("type", models.CharField(max_length=40)),
                ("is_enabled", models.BooleanField(default=True)),
                (
                    "is_activated",
                    models.BooleanField(
                        db_default=True,
                        default=True,
                        help_text="Whether the person has set up their RingCentral account.",
                    ),
                ),
                (
                    "is_logged",
                    models.BooleanField(
                        db_default=True,
                        default=True,
                        help_text="Whether its calls are logged at all.",
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="IANA name; empty: unknown, and the organization's is used.",
                        max_length=60,
                    ),
                ),
                ("time_zone_read_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="extensions",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "extension_id"),
                        name="one_row_per_extension",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DoNotLogNumber",
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
                (
                    "number",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                ("number_hash", models.CharField(max_length=64)),
                (
                    "label",
                    models.CharField(
                        blank=True, default="", max_length=100, verbose_name="label"
                    ),
                ),
                ("added_by", models.CharField(blank=True, default="", max_length=200)),
                ("added_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="do_not_log_numbers",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "number_hash"), name="listed_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CrmUser",
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
                ("crm_user_id", models.CharField(max_length=200)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="crm_users",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "platform", "crm_user_id"),
                        name="one_row_per_crm_user",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CrmSignIn",
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
                ("platform", models.CharField(max_length=60)),
                ("credentials_hash", models.CharField(max_length=64)),
                (
                    "signed_in",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                ("signing_in_until", models.DateTimeField(null=True)),
                (
                    "crm_session",
                    models.ForeignKey(
                        help_text="Whose it is; empty where a service account signed in.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="crm_sign_ins",
                        to="organizations.crmsession",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="crm_sign_ins",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "platform", "credentials_hash"),
                        name="one_sign_in_per_credentials",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="crmsession",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="crm_sessions",
                to="organizations.organization",
            ),
        ),
        migrations.CreateModel(
            name="ClientSettings",
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
                    "user_settings",
                    models.JSONField(
                        default=dict,
                        help_text="An object for each key, as the client posted it.",
                    ),
                ),
                ("custom_adapter", models.JSONField(null=True)),
                ("custom_connector", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="client_settings",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "client settings",
            },
        ),
        migrations.CreateModel(
            name="AuthenticatorApp",
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
                (
                    "secret",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "last_step",
                    models.BigIntegerField(
                        default=0,
                        help_text="The 30 seconds of the last code: it and those before are used.",
                    ),
                ),
                ("last_used_at", models.DateTimeField(null=True)),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="authenticator_apps",
                        to="organizations.member",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed_at__isnull", False)),
                        fields=("member",),
                        name="one_authenticator_app_per_member",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed_at__isnull", True)),
                        fields=("member",),
                        name="one_new_authenticator_app_per_member",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
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
                ("actor", models.CharField(max_length=200)),
                ("address", models.GenericIPAddressField(null=True)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("SETTINGS_CHANGED", "changed the settings"),
                            ("CRM_CHOSEN", "chose the CRM"),
                            ("CONNECTION_TESTED", "tested the connection"),
                            ("DO_NOT_LOG_CHANGED", "changed the do-not-log list"),
                            ("SUBSCRIPTION_REPLACED", "renewed notifications"),
                            ("LOGGING_PAUSED", "paused logging"),
                            ("LOGGING_RESUMED", "resumed logging"),
                            ("EXTENSION_MAPPED", "mapped an extension"),
                            ("MAPPING_CHANGED", "changed mappings"),
                            (
                                "LOGGED_EXTENSIONS_CHANGED",
                                "changed which extensions are logged",
                            ),
                            ("MAPPING_UNDONE", "undid mapping changes"),
                            ("ALERT_CHANNEL_ADDED", "added an alert channel"),
                            ("ALERT_CHANNEL_CHANGED", "changed an alert channel"),
                            ("ALERT_CHANNEL_REMOVED", "removed an alert channel"),
                            ("ALERT_TEST_SENT", "sent a test alert"),
                            ("ALERT_SETTINGS_CHANGED", "changed the alert schedule"),
                            ("RETENTION_CHANGED", "changed retention"),
                            ("NUMBER_ERASED", "erased a number"),
                            ("NUMBER_EXPORTED", "exported a number"),
                            ("CALLS_TRIED_AGAIN", "retried calls"),
                            ("CALLS_HELD_AGAIN", "canceled a retry"),
                            ("CALLS_LEFT", "dismissed calls"),
                            ("OUTCOME_DECIDED", "decided an unknown outcome"),
                            ("CONTACT_CHOSEN", "chose a contact"),
                            (
                                "NUMBER_EXCLUDED",
                                "added a number to the do-not-log list",
                            ),
                            ("NUMBER_SHOWN", "viewed a number"),
                            ("CAUSE_ACKNOWLEDGED", "muted a cause"),
                            ("RINGCENTRAL_CONNECTED", "connected RingCentral"),
                            ("CRM_CONNECTED", "signed in to the CRM"),
                            ("CRM_DISCONNECTED", "signed out of the CRM"),
                            ("MANAGED_KEY_CHANGED", "changed a CRM key for others"),
                            ("MEMBER_ADDED", "added a person"),
                            ("ROLE_CHANGED", "changed a role"),
                            ("MEMBER_REMOVED", "removed a person"),
                            ("PASSWORD_LINK_MADE", "created a password link"),
                            ("PASSWORD_SET", "set their password"),
                            ("SECOND_FACTOR_ADDED", "added a second factor"),
                            ("SECOND_FACTOR_REMOVED", "removed a second factor"),
                            ("SECOND_FACTOR_RESET", "reset a second factor"),
                            (
                                "SECOND_FACTOR_REQUIRED",
                                "changed who needs a second factor",
                            ),
                            ("RECOVERY_CODES_MADE", "made recovery codes"),
                            ("SIGNED_IN", "signed in"),
                            ("SIGNED_OUT", "signed out"),
                            ("SESSIONS_ENDED", "ended sessions"),
                            ("SIGN_IN_FAILED", "failed to sign in"),
                            ("ACCESS_DENIED", "was denied access"),
                            ("DRY_RUN", "simulated a call"),
                        ],
                        max_length=40,
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=200)),
                (
                    "changes",
                    models.JSONField(
                        default=list,
                        help_text="Objects with `field`, `before` and `after`.",
                    ),
                ),
                (
                    "configuration_version",
                    models.PositiveIntegerField(
                        help_text="The version that this made, or that was in force."
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="audit_entries",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        fields=["organization", "configuration_version"],
                        name="audit_by_version",
                    ),
                    models.Index(fields=["organization", "at"], name="audit_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AdminRight",
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
                ("extension_id", models.CharField(max_length=40)),
                ("asked_at", models.DateTimeField()),
                (
                    "confirmed_at",
                    models.DateTimeField(
                        help_text="The same time where they are an admin, else empty.",
                        null=True,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="admin_rights",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "extension_id"),
                        name="one_right_per_extension",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountNumber",
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
                ("number", models.CharField(help_text="E.164.", max_length=20)),
                ("extension_id", models.CharField(blank=True, max_length=40)),
                (
                    "was_found",
                    models.BooleanField(
                        default=False,
                        help_text="In the part of the list that was read so far.",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="account_numbers",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "number"),
                        name="one_row_per_account_number",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Passkey",
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
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "credential_id",
                    models.TextField(help_text="In base64url.", unique=True),
                ),
                (
                    "credential",
                    models.TextField(
                        help_text="WebAuthn's attested credential data, in base64url: nothing secret."
                    ),
                ),
                ("sign_count", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passkeys",
                        to="organizations.member",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PersonSettings",
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
                    "extension_id",
                    models.CharField(
                        help_text="The person's RingCentral extension.", max_length=40
                    ),
                ),
                ("user_settings", models.JSONField(default=dict)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="person_settings",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "person settings",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "extension_id"),
                        name="one_settings_row_per_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
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
                ("hash", models.CharField(max_length=128)),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to="organizations.member",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ServerLoggingSettings",
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
                ("platform", models.CharField(max_length=60)),
                (
                    "logging_level",
                    models.CharField(
                        choices=[
                            ("Account", "Everyone"),
                            ("User", "Only me (trial)"),
                            ("Disable", "Off"),
                        ],
                        default="Disable",
                        max_length=10,
                        verbose_name="log calls for",
                    ),
                ),
                (
                    "activity_record_owner",
                    models.CharField(
                        choices=[
                            ("user", "The person on the call"),
                            ("admin", "One account for all calls"),
                        ],
                        default="user",
                        max_length=10,
                        verbose_name="activity owner",
                    ),
                ),
                (
                    "unmapped_owner",
                    models.CharField(
                        choices=[
                            ("attention", "Hold the call until it's mapped"),
                            ("admin", "Assign to the admin"),
                            ("fallback", "Assign to another user"),
                        ],
                        default="attention",
                        max_length=10,
                        verbose_name="if the extension is unmapped",
                    ),
                ),
                (
                    "fallback_owner",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Id of the CRM user who owns what unmapped extensions leave.",
                        max_length=200,
                    ),
                ),
                (
                    "logged_extensions",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Ids of the only extensions whose calls are logged; empty: all.",
                    ),
                ),
                (
                    "log_internal_calls",
                    models.BooleanField(
                        default=False, verbose_name="log internal calls"
                    ),
                ),
                (
                    "note_sections",
                    models.JSONField(
                        blank=True,
                        default=appconnect.organizations.models.server_logging.default_note_sections,
                    ),
                ),
                (
                    "log_date_format",
                    models.CharField(
                        choices=[
                            ("YYYY-MM-DD hh:mm:ss A", "2026-03-31 02:15:00 PM"),
                            ("YYYY-MM-DD HH:mm:ss", "2026-03-31 14:15:00"),
                            ("MM/DD/YYYY hh:mm:ss A", "03/31/2026 02:15:00 PM"),
                            ("DD/MM/YYYY HH:mm:ss", "31/03/2026 14:15:00"),
                            ("DD.MM.YYYY HH:mm:ss", "31.03.2026 14:15:00"),
                        ],
                        default="YYYY-MM-DD hh:mm:ss A",
                        max_length=30,
                        verbose_name="date format",
                    ),
                ),
                (
                    "crm_duration",
                    models.CharField(
                        choices=[
                            ("talk", "Talk time"),
                            ("total", "Total time, with ringing and queue"),
                        ],
                        default="talk",
                        max_length=10,
                        verbose_name="duration field",
                    ),
                ),
                (
                    "recording_links",
                    models.CharField(
                        choices=[
                            ("player", "RingCentral's player"),
                            ("file", "Audio file"),
                        ],
                        db_default="player",
                        default="player",
                        max_length=10,
                        verbose_name="recording links",
                    ),
                ),
                (
                    "no_contact",
                    models.CharField(
                        choices=[
                            ("skipLogging", "Skip the call"),
                            ("attention", "Hold the call"),
                            (
                                "createNewPlaceholderContact",
                                "Create a placeholder contact",
                            ),
                        ],
                        default="skipLogging",
                        max_length=30,
                        verbose_name="no match",
                    ),
                ),
                (
                    "placeholder_prefix",
                    models.CharField(
                        blank=True,
                        default="Unknown caller",
                        help_text="Comes before the number: “Unknown caller +12125550147”.",
                        max_length=60,
                        verbose_name="placeholder name",
                    ),
                ),
                (
                    "placeholder_type",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="The CRM's own word, such as Lead. Empty: the CRM's default.",
                        max_length=60,
                        verbose_name="placeholder type",
                    ),
                ),
                (
                    "several_contacts",
                    models.CharField(
                        choices=[
                            ("attention", "Hold the call and ask"),
                            ("mostRecentActivity", "Use the most recently active"),
                            ("earliestCreated", "Use the oldest"),
                            ("firstAlphabetical", "Use the first by name"),
                            ("skipLogging", "Skip the call"),
                        ],
                        default="skipLogging",
                        max_length=30,
                        verbose_name="multiple matches",
                    ),
                ),
                (
                    "phone_number_formats",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="One mask a line, such as (***) ***-****.",
                        verbose_name="extra number formats",
                    ),
                ),
                ("paused_at", models.DateTimeField(null=True)),
                (
                    "skipped_from",
                    models.DateTimeField(
                        help_text="Calls from then on, until `skipped_until`, are skipped.",
                        null=True,
                    ),
                ),
                ("skipped_until", models.DateTimeField(null=True)),
                (
                    "logging_since",
                    models.DateTimeField(
                        help_text="When logging was turned on, as it is set now.",
                        null=True,
                    ),
                ),
                (
                    "additional_field_values",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                (
                    "admin_extension_id",
                    models.CharField(
                        blank=True,
                        help_text="The admin who saved these settings.",
                        max_length=40,
                    ),
                ),
                ("secrets_changed_at", models.DateTimeField(null=True)),
                ("secrets_changed_by", models.CharField(blank=True, max_length=200)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="server_logging_settings",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "server logging settings",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "platform"),
                        name="one_settings_row_per_platform",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="session key",
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                (
                    "expire_date",
                    models.DateTimeField(db_index=True, verbose_name="expire date"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="UserMapping",
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
                (
                    "match",
                    models.CharField(
                        choices=[
                            ("EMAIL", "Email"),
                            ("NAME", "Name"),
                            ("MANUAL", "Manual"),
                            ("CSV", "CSV"),
                            ("AMBIGUOUS", "Conflict"),
                            ("NONE", "Unmapped"),
                        ],
                        default="NONE",
                        max_length=10,
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Counts the changes of the row: who changes it says which one.",
                    ),
                ),
                (
                    "crm_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="user_mappings",
                        to="organizations.crmuser",
                    ),
                ),
                (
                    "extension",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="user_mappings",
                        to="organizations.extension",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="user_mappings",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "platform", "extension"),
                        name="one_crm_user_per_extension",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ManagedKey",
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
                ("platform", models.CharField(max_length=60)),
                (
                    "extension_id",
                    models.CharField(
                        blank=True,
                        help_text="The person's RingCentral extension; empty: everyone's.",
                        max_length=40,
                    ),
                ),
                (
                    "api_key",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                (
                    "was_refused",
                    models.BooleanField(
                        default=False,
                        help_text="Whether the CRM refused it, and people type theirs until it changes.",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="managed_keys",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "platform", "extension_id"),
                        name="one_managed_key_per_extension",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="crmsession",
            constraint=models.UniqueConstraint(
                fields=("organization", "platform", "extension_id"),
                name="one_session_per_extension",
            ),
        ),
    ]
