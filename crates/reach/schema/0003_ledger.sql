-- The minute ledger: what is known of each minute of a site's connection, what was
-- decided of it, and what is not held against anybody.
--
-- Slots are minutes of UTC counted from 1970, days are days of UTC counted from 1970:
-- slot = day * 1440 + minute.
--
-- Invariants
--   1. Evidence follows from the records of the hall alone, and verdicts from evidence
--      alone: both can be made anew, and are the same then.
--   2. A verdict is never changed. One that no longer holds is superseded and stays; what
--      was known on a day can be asked for ever.
--   3. A minute without a row of reach_verdict is one of which nothing is known.

-- Up to where something of the hall was read.
CREATE TABLE reach_cursor (
    -- What reads.
    name TEXT NOT NULL PRIMARY KEY,
    -- The last number of hall_record that it has made something of.
    number BIGINT NOT NULL
);

-- A day of evidence of a site.
CREATE TABLE reach_evidence (
    -- Of which site (Id<Site>), and which day.
    site_id BYTEA NOT NULL,
    day BIGINT NOT NULL,
    -- Six fields of 1,440 minutes each, one after the other, packed by zstd: what was
    -- seen (low, high octet), questions asked, not answered, round trip in milliseconds
    -- (low, high octet).
    octets BYTEA NOT NULL,
    -- 1 while verdicts do not follow from it yet.
    dirty BIGINT NOT NULL,
    -- When something was last added.
    changed_us BIGINT NOT NULL,
    PRIMARY KEY (site_id, day)
);
CREATE INDEX reach_evidence_dirty ON reach_evidence (site_id, day) WHERE dirty = 1;

-- What was decided of minutes after each other, within a day of UTC.
CREATE TABLE reach_verdict (
    -- Of which site (Id<Site>), and on which day.
    site_id BYTEA NOT NULL,
    day BIGINT NOT NULL,
    -- From which slot on, and up to which, without it.
    from_slot BIGINT NOT NULL,
    to_slot BIGINT NOT NULL,
    -- up degraded down off unknown, and why: none loss slow link portal power stopped
    -- crashed program untried silent.
    state TEXT NOT NULL,
    cause TEXT NOT NULL,
    -- On which evidence, as bits: 1 heard 2 alive 4 tried 8 https 16 dns 32 tcp
    -- 64 portal 128 gone 256 rebooted 512 power 1024 orderly 2048 crashed.
    basis BIGINT NOT NULL,
    -- By which edition of the rule.
    rule BIGINT NOT NULL,
    -- When it was decided first; minutes that were added within ten minutes of their
    -- end have been decided at their end.
    decided_us BIGINT NOT NULL,
    -- When this row was written: later than decided_us where it is what is left of a
    -- verdict a part of which no longer holds.
    written_us BIGINT NOT NULL,
    -- When it ceased to hold. NULL: it holds.
    superseded_us BIGINT
);
CREATE INDEX reach_verdict_day ON reach_verdict (site_id, day);
CREATE INDEX reach_verdict_holds ON reach_verdict (day, site_id) WHERE superseded_us IS NULL;

-- When the house was there itself.
CREATE TABLE reach_presence (
    -- From which slot on, and up to which, without it.
    from_slot BIGINT NOT NULL PRIMARY KEY,
    to_slot BIGINT NOT NULL
);

-- Minutes that are not to be held against anybody, as people have declared.
CREATE TABLE reach_excuse (
    -- Id<Excuse>; maintenance or force_majeure.
    id BYTEA NOT NULL PRIMARY KEY,
    overlay TEXT NOT NULL,
    -- Of which site; or of all of a provider within an area.
    site_id BYTEA,
    area_code TEXT NOT NULL,
    provider TEXT,
    -- From which slot on, and up to which, without it.
    from_slot BIGINT NOT NULL,
    to_slot BIGINT NOT NULL,
    -- Why, and which document says so.
    why TEXT NOT NULL,
    document TEXT,
    -- When it was declared, by whom (Id<Person>).
    declared_us BIGINT NOT NULL,
    declared_by BYTEA NOT NULL,
    -- When it was decided, by whom, and how: 1 agreed, 0 refused. NULL: not yet.
    decided_us BIGINT,
    decided_by BYTEA,
    agreed BIGINT
);
CREATE INDEX reach_excuse_area ON reach_excuse (area_code, from_slot);
