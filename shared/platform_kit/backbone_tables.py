"""The kit's own tables in every service database; docs/kit.md and the design's backbone page say what each is for."""

TABLES = frozenset(
    {
        "outbox",
        "relay_lease",
        "inbox",
        "consumer_birth",
        "batch_try",
        "event_try",
        "parked_key",
        "parked_event",
        "parked_record",
        "timer",
        "idempotency",
        "local_clock",
        "generation",
        "subject_key",
    }
)

_OUTBOX = (
    """
    CREATE TABLE generation (
        id int PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        generation bigint NOT NULL DEFAULT extract(epoch FROM clock_timestamp())::bigint
    )
    """,
    "INSERT INTO generation DEFAULT VALUES",
    """
    CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic text NOT NULL,
        partition int NOT NULL,
        aggregate text NOT NULL,
        version bigint NOT NULL CHECK (version > 0),
        event_id uuid NOT NULL UNIQUE,
        type text NOT NULL,
        headers jsonb NOT NULL,
        payload bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        sent_at timestamptz,
        failures int NOT NULL DEFAULT 0,
        next_try_at timestamptz,
        UNIQUE (topic, aggregate, version)
    ) WITH (autovacuum_vacuum_scale_factor = 0.01, fillfactor = 80)
    """,
    "CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL",
    "CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL",
    "CREATE INDEX outbox_held ON outbox (topic, aggregate, id) WHERE next_try_at IS NOT NULL",
    """
    CREATE TABLE relay_lease (
        id int PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        epoch bigint NOT NULL DEFAULT 0,
        holder uuid,
        until timestamptz NOT NULL DEFAULT '-infinity'
    )
    """,
    "INSERT INTO relay_lease DEFAULT VALUES",
)

_INBOX = (
    """
    CREATE TABLE inbox (
        consumer text NOT NULL,
        topic text NOT NULL,
        aggregate text NOT NULL,
        last bigint NOT NULL,
        PRIMARY KEY (consumer, topic, aggregate)
    ) WITH (autovacuum_vacuum_scale_factor = 0.01, fillfactor = 80)
    """,
    """
    CREATE TABLE consumer_birth (
        consumer text NOT NULL,
        topic text NOT NULL,
        partition int NOT NULL,
        first_offset bigint NOT NULL,
        PRIMARY KEY (consumer, topic, partition)
    )
    """,
    """
    CREATE TABLE batch_try (
        consumer text NOT NULL,
        topic text NOT NULL,
        partition int NOT NULL,
        first_event text NOT NULL,
        tries int NOT NULL,
        PRIMARY KEY (consumer, topic, partition)
    )
    """,
    """
    CREATE TABLE event_try (
        consumer text NOT NULL,
        topic text NOT NULL,
        aggregate text NOT NULL,
        version bigint NOT NULL,
        tries int NOT NULL,
        PRIMARY KEY (consumer, topic, aggregate, version)
    )
    """,
    """
    CREATE TABLE parked_key (
        consumer text NOT NULL,
        topic text NOT NULL,
        aggregate text NOT NULL,
        parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        reason text NOT NULL,
        failures int NOT NULL DEFAULT 0,
        next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (consumer, topic, aggregate)
    )
    """,
    """
    CREATE TABLE parked_event (
        consumer text NOT NULL,
        topic text NOT NULL,
        aggregate text NOT NULL,
        version bigint NOT NULL,
        headers jsonb NOT NULL,
        payload bytea NOT NULL,
        PRIMARY KEY (consumer, topic, aggregate, version),
        FOREIGN KEY (consumer, topic, aggregate) REFERENCES parked_key (consumer, topic, aggregate)
    )
    """,
    """
    CREATE TABLE parked_record (
        consumer text NOT NULL,
        topic text NOT NULL,
        partition int NOT NULL,
        record_offset bigint NOT NULL,
        parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        reason text NOT NULL,
        headers jsonb NOT NULL,
        payload bytea,
        PRIMARY KEY (consumer, topic, partition, record_offset)
    )
    """,
)

# What a call is found by, in the index and in the query. An index on two texts of 36 characters has four levels for a million
# rows; this one has three. Whoever makes two of their own keys meet is refused the second call, no more.
CALL = "md5({principal} || E'\\n' || {key})::uuid"
_ANSWERS_BY_CALL = (
    "CREATE UNIQUE INDEX IF NOT EXISTS idempotency_call"
    f" ON idempotency (({CALL.format(principal='principal', key='key')}))"
)

_COMMANDS_AND_TIME = (
    """
    CREATE TABLE idempotency (
        principal text NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        status int NOT NULL,
        headers jsonb NOT NULL,
        body bytea,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
    _ANSWERS_BY_CALL,
    "CREATE INDEX idempotency_created ON idempotency (created_at)",
    """
    CREATE TABLE timer (
        kind text NOT NULL,
        aggregate uuid NOT NULL,
        due_at timestamptz NOT NULL,
        attempts int NOT NULL DEFAULT 0,
        next_try_at timestamptz,
        parked_at timestamptz,
        reason text,
        PRIMARY KEY (kind, aggregate)
    )
    """,
    "CREATE INDEX timer_due ON timer (due_at) WHERE parked_at IS NULL AND next_try_at IS NULL",
    "CREATE INDEX timer_tried ON timer (next_try_at) WHERE parked_at IS NULL AND next_try_at IS NOT NULL",
    """
    CREATE TABLE local_clock (
        id int PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        offset_seconds bigint NOT NULL
    )
    """,
    """
    CREATE FUNCTION linli_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
        SELECT clock_timestamp()
            + coalesce((SELECT offset_seconds FROM local_clock), 0) * interval '1 second'
    $$
    """,
)

# For a database that was made with two texts as its key.
ANSWERS_BY_CALL: tuple[str, ...] = (
    "ALTER TABLE idempotency DROP CONSTRAINT IF EXISTS idempotency_pkey",
    _ANSWERS_BY_CALL,
)

STATEMENTS: tuple[str, ...] = (*_OUTBOX, *_INBOX, *_COMMANDS_AND_TIME)
