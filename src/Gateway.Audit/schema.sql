-- One file is one segment of one chain. README.md beside this file says what each column means and which of them are hashed.
-- Part of the format: the verifier compares a file's schema with this text.
CREATE TABLE log (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    format        INTEGER NOT NULL,
    stream        TEXT    NOT NULL,
    created       TEXT    NOT NULL,
    head_sequence INTEGER NOT NULL,
    head_hash     BLOB    NOT NULL,
    head_peaks    BLOB    NOT NULL,
    open_floor    INTEGER NOT NULL,
    base_sequence INTEGER NOT NULL,
    base_hash     BLOB    NOT NULL,
    base_peaks    BLOB    NOT NULL,
    sealed        INTEGER NOT NULL,
    holder        TEXT
);

-- No index but the key, which only grows at its end. An index by server or request touches a random page for every record, and
-- four of them made an append cost four times as much. An index for searching belongs in a file of its own, out of the request's way.
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

-- What an honest program would never do is refused; who edits the file by other means is found by the chain.
CREATE TRIGGER record_is_never_updated BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'audit records are never updated'); END;
CREATE TRIGGER record_is_never_deleted BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'audit records are never deleted'); END;
