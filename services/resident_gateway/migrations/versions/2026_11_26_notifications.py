"""What people are told, how they want to be told, and what waits to be sent to their phones."""

from alembic import op

from platform_kit.row_security import ME, guard, has

revision = "2026_11_26_notifications"
down_revision = "2026_11_25_work_calendar"
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE subject_state (
        subject_id uuid CONSTRAINT pk_subject_state PRIMARY KEY,
        kind varchar NOT NULL,
        owner_id uuid,
        unit_id uuid,
        number varchar,
        state varchar NOT NULL,
        state_version integer NOT NULL,
        version integer NOT NULL
    )
    """,
    """
    CREATE TABLE subject_follower (
        subject_id uuid,
        person_id uuid,
        CONSTRAINT pk_subject_follower PRIMARY KEY (subject_id, person_id)
    )
    """,
    "CREATE INDEX ix_subject_follower_person_id ON subject_follower (person_id)",
    """
    CREATE TABLE notification (
        id uuid CONSTRAINT pk_notification PRIMARY KEY,
        person_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        kind varchar NOT NULL,
        occasion varchar NOT NULL,
        instance integer NOT NULL,
        number varchar,
        happened_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        read_at timestamptz,
        CONSTRAINT uq_notification_person_id_subject_id_occasion_instance UNIQUE (person_id, subject_id, occasion, instance)
    )
    """,
    "CREATE INDEX ix_notification_newest ON notification (person_id, created_at, id)",
    "CREATE INDEX ix_notification_unread ON notification (person_id) WHERE read_at IS NULL",
    """
    CREATE TABLE delivery (
        notification_id uuid CONSTRAINT pk_delivery PRIMARY KEY
            CONSTRAINT fk_delivery_notification_id REFERENCES notification (id) ON DELETE CASCADE,
        state varchar NOT NULL CONSTRAINT ck_delivery_state CHECK (state IN ('due', 'held', 'sent', 'dropped', 'failed')),
        attempts integer NOT NULL CONSTRAINT ck_delivery_attempts CHECK (attempts >= 0),
        next_try_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        ended_at timestamptz,
        reason varchar
    )
    """,
    "CREATE INDEX ix_delivery_due ON delivery (next_try_at) WHERE state = 'due'",
    "CREATE INDEX ix_delivery_failed ON delivery (notification_id) WHERE state = 'failed'",
    """
    CREATE TABLE notification_setting (
        person_id uuid CONSTRAINT pk_notification_setting PRIMARY KEY,
        language varchar NOT NULL CONSTRAINT ck_notification_setting_language CHECK (language IN ('zh', 'en')),
        sms boolean NOT NULL,
        quiet_from time,
        quiet_until time,
        changed_at timestamptz NOT NULL,
        CONSTRAINT ck_notification_setting_quiet CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
    )
    """,
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    guard("subject_state", see="false")
    guard("subject_follower", see=f"person_id = {ME}")
    # Whoever was told something marks it as read; nobody tells anything but the platform.
    guard("notification", see=f"person_id = {ME}", change=f"person_id = {ME}")
    guard("delivery", see=has("operator"))
    guard(
        "notification_setting", see=f"person_id = {ME}", add=f"person_id = {ME}", change=f"person_id = {ME}"
    )
