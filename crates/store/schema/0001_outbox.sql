-- What every room leans on: facts that have happened, work that is to be done,
-- and files that are kept.

-- Facts, written in the transaction of their effect and read after their number.
-- A fact wakes a reader, who looks at the state again; it is never the state.
-- The newest 100,000 are kept; numbers have no gaps.
CREATE TABLE store_fact (
    number  BIGINT NOT NULL PRIMARY KEY, -- counts up by one, in the order of commits
    at_us   BIGINT NOT NULL,             -- when it happened
    name    TEXT   NOT NULL,             -- of the variant: camera_changed
    subject TEXT   NOT NULL,             -- printed id of what it is about
    body    TEXT   NOT NULL              -- the whole fact as JSON
);

-- Work that outlives a restart. One row is one piece; it is leased, not taken,
-- so that a worker who dies gives it back. A row goes when its work is done, so
-- there are never more rows than things to work on.
CREATE TABLE store_job (
    id              BYTEA  NOT NULL PRIMARY KEY, -- Id<Job>
    kind            TEXT   NOT NULL,             -- which worker knows it
    dedupe          TEXT   NOT NULL,             -- the same work of a kind is queued once
    due_us          BIGINT NOT NULL,             -- not before
    attempts        BIGINT NOT NULL,             -- leases since it was asked for
    lease           BIGINT NOT NULL,             -- counts leases, tells one from the next
    leased_until_us BIGINT,                      -- empty while nobody has it
    leased_by       TEXT,                        -- who has it, for people to read
    again_us        BIGINT,                      -- asked for once more while it was being done
    failed          TEXT,                        -- why the last attempt failed
    UNIQUE (kind, dedupe)
);
CREATE INDEX store_job_due ON store_job (kind, due_us);

-- Files by the hash of their content; the bytes lie in the data folder.
CREATE TABLE store_blob (
    sha256     TEXT   NOT NULL PRIMARY KEY, -- lower-case hex, also the file's name
    size_bytes BIGINT NOT NULL,             -- octets
    kept_us    BIGINT NOT NULL              -- when it was first kept
);
