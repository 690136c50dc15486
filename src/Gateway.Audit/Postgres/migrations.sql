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

-- step 2
-- Which role may write which chain; gateways cannot even read it.
CREATE TABLE audit.writer (
    stream text NOT NULL,
    role   text NOT NULL,
    PRIMARY KEY (stream, role)
);

-- What worked goes on working: whoever could insert may write the chains that there are, until `gatewayctl audit migrate` gives a chain to one role.
WITH RECURSIVE chain (stream) AS (
    SELECT min(stream) FROM audit.record
    UNION ALL SELECT (SELECT min(record.stream) FROM audit.record WHERE record.stream > chain.stream) FROM chain WHERE chain.stream IS NOT NULL)
INSERT INTO audit.writer (stream, role)
SELECT chain.stream, role.rolname
FROM chain, pg_catalog.pg_class AS class, pg_catalog.aclexplode(class.relacl) AS granted, pg_catalog.pg_roles AS role
WHERE chain.stream IS NOT NULL AND class.oid = 'audit.record'::regclass
    AND granted.privilege_type = 'INSERT' AND role.oid = granted.grantee AND role.oid <> class.relowner;

-- By the role that logged in: it alone cannot be changed with SET ROLE, and the functions that ask run as their owner.
CREATE FUNCTION audit.may_write(chain text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM audit.writer AS w WHERE w.stream = chain AND w.role = session_user::text)
        OR EXISTS (
            SELECT 1 FROM audit.writer AS w JOIN pg_roles AS r ON r.rolname = w.role
            WHERE w.stream = chain AND pg_has_role(session_user, r.oid, 'USAGE'));
END $$;

-- A trigger, not a policy: rows come by COPY, which row level security does not allow. Before each row, not once after all: a row that waits in a COPY without an
-- end would keep its number from the chain's writer. What it asks most is asked without a call, and says where each name is from.
CREATE FUNCTION audit.refuse_stranger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM audit.writer AS w
        WHERE w.stream OPERATOR(pg_catalog.=) NEW.stream AND w.role OPERATOR(pg_catalog.=) CAST(session_user AS pg_catalog.text)) THEN RETURN NEW; END IF;
    IF audit.may_write(NEW.stream) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'role "%" may not write the chain of "%"', session_user, NEW.stream USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER record_is_of_its_writer BEFORE INSERT ON audit.record FOR EACH ROW EXECUTE FUNCTION audit.refuse_stranger();

-- Which session writes a chain. Not an advisory lock, which every role of the database may take.
CREATE TABLE audit.session (
    stream  text PRIMARY KEY,
    pid     integer NOT NULL,
    role    oid NOT NULL,
    server  timestamptz NOT NULL
);

-- True when the chain is the caller's to write until its session ends, or it leaves; false while another session does.
CREATE FUNCTION audit.take(chain text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me oid := (SELECT oid FROM pg_roles WHERE rolname = session_user);
    held audit.session;
BEGIN
    IF NOT audit.may_write(chain) THEN
        RAISE EXCEPTION 'role "%" may not write the chain of "%"', session_user, chain USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO audit.session VALUES (chain, pg_backend_pid(), me, pg_postmaster_start_time()) ON CONFLICT (stream) DO NOTHING;
    SELECT * INTO held FROM audit.session AS s WHERE s.stream = chain FOR UPDATE;
    -- A process id says who it is only beside the server's start.
    IF held.pid <> pg_backend_pid() AND held.server = pg_postmaster_start_time()
        AND EXISTS (SELECT 1 FROM pg_stat_activity AS a WHERE a.pid = held.pid AND a.usesysid = held.role AND a.datname = current_database()) THEN
        RETURN false;
    END IF;
    UPDATE audit.session AS s SET pid = pg_backend_pid(), role = me, server = pg_postmaster_start_time() WHERE s.stream = chain;
    RETURN true;
END $$;

CREATE FUNCTION audit.leave(chain text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM audit.session AS s WHERE s.stream = chain AND s.pid = pg_backend_pid() AND s.server = pg_postmaster_start_time();
END $$;
