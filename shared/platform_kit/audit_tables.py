"""The audit's tables in every service database: rows that nobody changes, the chain over them, and what waits for a link."""

TABLES = frozenset({"audit", "audit_chain", "audit_waiting"})

_ROWS = (
    """
    CREATE TABLE audit (
        id uuid PRIMARY KEY DEFAULT uuidv7(),
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        service text NOT NULL DEFAULT current_setting('application_name'),
        actor uuid,
        roles text[] NOT NULL,
        subject uuid,
        operation text NOT NULL,
        object jsonb NOT NULL CHECK (NOT jsonb_path_exists(object, 'strict $.* ? (@.type() != "string")')),
        outcome text NOT NULL,
        status int NOT NULL,
        address text,
        correlation_id text NOT NULL,
        key_digest bytea,
        reason text
    )
    """,
    """
    CREATE TABLE audit_chain (
        seq bigint PRIMARY KEY CHECK (seq > 0),
        audit_id uuid NOT NULL UNIQUE,
        hash bytea NOT NULL CHECK (octet_length(hash) = 32)
    )
    """,
    # A queue, not a record: without an index it costs a command next to nothing, and the sequencer empties it each second.
    "CREATE TABLE audit_waiting (audit_id uuid NOT NULL) WITH (autovacuum_vacuum_scale_factor = 0.01)",
)

# Of each statement, not of each row: also one that would touch none is refused. ALWAYS: no session setting switches it off.
_APPEND_ONLY = (
    """
    CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END
    $$
    """,
    *(
        statement.replace("{table}", table)
        for table in ("audit", "audit_chain")
        for statement in (
            """
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
            """,
            "ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only",
        )
    ),
)

STATEMENTS: tuple[str, ...] = (*_ROWS, *_APPEND_ONLY)
