-- What a search needs of each record, derived from the records and thrown away at will. A file of its own, written out of any request's way.
CREATE TABLE source (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    format    INTEGER NOT NULL,
    stream    TEXT    NOT NULL,
    through   INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    forgotten INTEGER NOT NULL -- The last record of which nothing is kept here any more, because the store dropped it.
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
    path           TEXT,
    id_key         INTEGER NOT NULL, -- 64 bits of a hash of each id: a fifth of the id in an index.
    request_key    INTEGER,
    backend_key    INTEGER
);

-- One for each search that is promised, ordered by time within it. Each costs every record a page somewhere in it, so no more than these.
CREATE INDEX event_by_time ON event (time);
CREATE INDEX event_by_action ON event (action, time);
CREATE INDEX event_by_outcome ON event (outcome, time);
CREATE INDEX event_by_initiator ON event (initiator_id, time);
CREATE INDEX event_by_name ON event (initiator_name, time) WHERE initiator_name IS NOT NULL;
CREATE INDEX event_by_project ON event (project_id, time) WHERE project_id IS NOT NULL;
CREATE INDEX event_by_target ON event (target_id, time);
CREATE INDEX event_by_target_project ON event (target_project, time) WHERE target_project IS NOT NULL;
CREATE INDEX event_by_id ON event (id_key);
CREATE INDEX event_by_request ON event (request_key) WHERE request_key IS NOT NULL;
CREATE INDEX event_by_backend ON event (backend_key) WHERE backend_key IS NOT NULL;

-- Which words stand in a record, not where: nothing of its text is kept here. What is deleted is gone for every search at once, and from the file as soon as the
-- part of it where it stands has lost a twentieth.
CREATE VIRTUAL TABLE word USING fts5 (text, content = '', contentless_delete = 1, detail = none, tokenize = "unicode61 tokenchars '-_'");
INSERT INTO word (word, rank) VALUES ('hashsize', 8388608);
INSERT INTO word (word, rank) VALUES ('automerge', 8);
INSERT INTO word (word, rank) VALUES ('deletemerge', 5);
