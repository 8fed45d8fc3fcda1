-- Routers that run an agent of OpenWISP: who may tell, and what was told.
--
-- Invariants
--   1. A key is kept as its hash and nowhere else.
--   2. Whatever came with a right key has a row: what could be read, or as it came and
--      why not.
--   3. Evidence of the ledger follows from when the house received a report, never from
--      the router's own clock.

-- A router that may tell how it is.
CREATE TABLE reach_router (
    -- Id<Router>; also what the router is called in the path that it sends to.
    id BYTEA NOT NULL PRIMARY KEY,
    -- The site it stands at (Id<Site>).
    site_id BYTEA NOT NULL,
    -- SHA-256 of its key.
    key_hash BYTEA NOT NULL,
    -- When the key was made, and by whom (Id<Person>).
    made_us BIGINT NOT NULL,
    made_by BYTEA NOT NULL,
    -- When it was revoked. NULL: it counts.
    revoked_us BIGINT,
    -- When it was heard first and last, by whatever came with its key. NULL: never.
    first_us BIGINT,
    heard_us BIGINT,
    -- Which of its reports (digest) tells how it is: the newest that was sent as it was
    -- made, or if none was, the first that could be read. NULL: none.
    newest BYTEA
);
CREATE INDEX reach_router_site ON reach_router (site_id);

-- A report of a router.
CREATE TABLE reach_report (
    -- Of which router (Id<Router>), and SHA-256 of what it sent: one that is sent again
    -- is the same row.
    router_id BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    -- The site at which the router stood (Id<Site>).
    site_id BYTEA NOT NULL,
    -- When the house received it.
    received_us BIGINT NOT NULL,
    -- When the router says that it has looked, by its own clock. NULL: it does not say.
    own_us BIGINT,
    -- 1: it was sent as it was made; 0: it had waited in the router for a line.
    fresh BIGINT NOT NULL,
    -- What was taken from it, as JSON. NULL: it could not be read.
    taken TEXT,
    -- Why it could not be read: no_object other_kind no_time too_long. NULL: it could.
    refused TEXT,
    -- What could not be read, as it came; of the newest hundred of a router, and of none
    -- that was too long.
    raw BYTEA,
    -- 1 once evidence was made of it.
    folded BIGINT NOT NULL,
    PRIMARY KEY (router_id, digest)
);
CREATE INDEX reach_report_time ON reach_report (router_id, received_us);
CREATE INDEX reach_report_site ON reach_report (site_id, received_us);
CREATE INDEX reach_report_new ON reach_report (received_us) WHERE folded = 0;
CREATE INDEX reach_report_raw ON reach_report (router_id, received_us) WHERE raw IS NOT NULL;
