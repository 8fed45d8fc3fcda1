-- What has been done, by whom: a chain of rows, each holding the hash of the one
-- before it. Rows are added in the transaction of what they tell, never changed
-- and never deleted.
--
-- hash = SHA-256 over the bytes betang-audit-1, then seq and at_us as 8 bytes
-- big-endian each, then id, actor, via, address, verb, subject and detail, each
-- as its length in 8 bytes big-endian and its bytes (an absent one as the length
-- of all ones), then prev. The first prev is 32 zero bytes.

CREATE TABLE hall_audit (
    -- From 1, without gaps.
    seq BIGINT NOT NULL PRIMARY KEY,
    id BYTEA NOT NULL,
    at_us BIGINT NOT NULL,
    -- The printed id of the person. NULL: nobody is known, or the house itself.
    actor TEXT,
    -- The printed id of the session or token, or a part of the house.
    via TEXT NOT NULL,
    -- Where the request came from.
    address TEXT,
    -- noun.past_tense, for example session.opened.
    verb TEXT NOT NULL,
    -- The printed id, code or name of what it was done to.
    subject TEXT NOT NULL,
    -- JSON with sorted keys and no blanks.
    detail TEXT NOT NULL,
    prev BYTEA NOT NULL,
    hash BYTEA NOT NULL
);
CREATE INDEX hall_audit_verb ON hall_audit (verb, seq);
CREATE INDEX hall_audit_subject ON hall_audit (subject, seq);
CREATE INDEX hall_audit_actor ON hall_audit (actor, seq);

-- The end of the chain, one row. It lets a cut tail be seen on this machine. Who
-- can rewrite both tables can still cut it: that takes a witness elsewhere.
CREATE TABLE hall_audit_head (
    -- Always 1.
    id BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);
