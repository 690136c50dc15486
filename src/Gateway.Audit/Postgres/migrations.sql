-- Applied in order by `gatewayctl audit migrate`, each once. A step is never edited; a change is a new step.
-- step 1
CREATE SCHEMA IF NOT EXISTS audit;

CREATE TABLE audit.record (
    stream         text   NOT NULL,
    sequence       bigint NOT NULL,
    previous       bytea  NOT NULL,
    hash           bytea  NOT NULL,
    body           bytea  NOT NULL,
    id             text   NOT NULL,
    kind           text   NOT NULL,
    event_time     bigint NOT NULL,
    action         text   NOT NULL,
    outcome        text   NOT NULL,
    initiator_id   text   NOT NULL,
    initiator_name text,
    project_id     text,
    target_id      text   NOT NULL,
    request_id     text,
    intent_id      text,
    PRIMARY KEY (stream, sequence)
);

-- For a start: the intents that nothing closes, and the last checkpoint.
CREATE INDEX record_closing ON audit.record (stream, intent_id) WHERE intent_id IS NOT NULL;
CREATE INDEX record_lifecycle ON audit.record (stream, sequence) WHERE kind = 'lifecycle';

CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit records are never changed'; END $$;
CREATE TRIGGER record_is_never_changed BEFORE UPDATE OR DELETE ON audit.record FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER record_is_never_emptied BEFORE TRUNCATE ON audit.record FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
