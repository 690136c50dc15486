-- What a search needs of each record, derived from the records and thrown away at will. A file of its own, written out of any request's way.
CREATE TABLE source (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    format  INTEGER NOT NULL,
    stream  TEXT    NOT NULL,
    through INTEGER NOT NULL,
    hash    BLOB    NOT NULL
);

CREATE TABLE event (
    sequence       INTEGER PRIMARY KEY,
    time           INTEGER NOT NULL,
    id             TEXT NOT NULL,
    kind           TEXT NOT NULL,
    action         TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    status         TEXT,
    reason         TEXT,
    rule           TEXT,
    revision       TEXT,
    initiator_id   TEXT NOT NULL,
    initiator_name TEXT,
    initiator_type TEXT NOT NULL,
    project_id     TEXT,
    target_id      TEXT NOT NULL,
    target_type    TEXT NOT NULL,
    target_project TEXT,
    observer_id    TEXT NOT NULL,
    request_id     TEXT,
    backend_id     TEXT,
    path           TEXT
);

CREATE INDEX event_by_time ON event (time);
CREATE INDEX event_by_id ON event (id);
CREATE INDEX event_by_action ON event (action, time);
CREATE INDEX event_by_outcome ON event (outcome, time);
CREATE INDEX event_by_initiator ON event (initiator_id, time);
CREATE INDEX event_by_name ON event (initiator_name, time);
CREATE INDEX event_by_project ON event (project_id, time);
CREATE INDEX event_by_target ON event (target_id, time);
CREATE INDEX event_by_target_project ON event (target_project, time);
CREATE INDEX event_by_request ON event (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX event_by_backend ON event (backend_id) WHERE backend_id IS NOT NULL;

-- Which words stand in a record, not where: nothing of its text is kept here.
CREATE VIRTUAL TABLE word USING fts5 (text, content = '', detail = none, tokenize = "unicode61 tokenchars '-_'");
