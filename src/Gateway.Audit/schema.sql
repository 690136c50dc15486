-- One file is one chain. README.md beside this file says what each column means and which of them are hashed.
CREATE TABLE log (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    format        INTEGER NOT NULL,
    stream        TEXT    NOT NULL,
    created       TEXT    NOT NULL,
    head_sequence INTEGER NOT NULL,
    head_hash     BLOB    NOT NULL,
    open_floor    INTEGER NOT NULL,
    holder        TEXT
);

CREATE TABLE record (
    sequence       INTEGER PRIMARY KEY,
    previous       BLOB    NOT NULL,
    hash           BLOB    NOT NULL,
    body           BLOB    NOT NULL,
    id             TEXT    NOT NULL,
    kind           TEXT    NOT NULL,
    event_time     INTEGER NOT NULL,
    action         TEXT    NOT NULL,
    outcome        TEXT    NOT NULL,
    initiator_id   TEXT    NOT NULL,
    initiator_name TEXT,
    project_id     TEXT,
    target_id      TEXT    NOT NULL,
    request_id     TEXT,
    intent_id      TEXT
);

CREATE INDEX record_by_time      ON record (event_time);
CREATE INDEX record_by_action    ON record (action);
CREATE INDEX record_by_initiator ON record (initiator_id);
CREATE INDEX record_by_name      ON record (initiator_name) WHERE initiator_name IS NOT NULL;
CREATE INDEX record_by_target    ON record (target_id);
CREATE INDEX record_by_request   ON record (request_id) WHERE request_id IS NOT NULL;

-- What an honest program would never do is refused; who edits the file by other means is found by the chain.
CREATE TRIGGER record_is_never_updated BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'audit records are never updated'); END;
CREATE TRIGGER record_is_never_deleted BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'audit records are never deleted'); END;
