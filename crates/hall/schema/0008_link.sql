-- What sites have said, as they said it, and up to where each was heard.
--
-- A record is known by its agent, stream, epoch and number. An epoch is 64 random
-- bits, kept here as a signed number; a number counts from one within its epoch. A
-- box that had to take another epoch sends what was not through under new numbers and
-- says under which name it was made: by that name it is held once.
--
-- Streams: 1 money, 2 event, 3 sample.

-- A record, as it came.
CREATE TABLE hall_record (
    -- Its identity.
    agent_id BYTEA NOT NULL REFERENCES hall_agent (id),
    stream BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    -- The name it was made under: epoch and number there, and its digest (SHA-256 over
    -- it and all before it in its chain).
    made_epoch BIGINT NOT NULL,
    made_seq BIGINT NOT NULL,
    made_digest BYTEA NOT NULL,
    -- What it is, by the number of its kind and of the edition of its body.
    kind BIGINT NOT NULL,
    ver BIGINT NOT NULL,
    -- When it happened: as the box knew it, whether the box had heard the house's time
    -- in that boot (1) or not (0), microseconds of that boot, which boot.
    event_us BIGINT NOT NULL,
    clock_quality BIGINT NOT NULL,
    mono_us BIGINT NOT NULL,
    boot BYTEA NOT NULL,
    -- When it was held here.
    received_us BIGINT NOT NULL,
    -- Its octets, as they were made (message Record of the protocol).
    raw BYTEA NOT NULL,
    PRIMARY KEY (agent_id, stream, epoch, seq)
);
CREATE UNIQUE INDEX hall_record_made
    ON hall_record (agent_id, stream, made_epoch, made_seq, made_digest);

-- Up to where a chain is held.
CREATE TABLE hall_record_chain (
    -- Which.
    agent_id BYTEA NOT NULL REFERENCES hall_agent (id),
    stream BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    -- The newest number, and its digest.
    seq BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    -- When it was last gone on with.
    heard_us BIGINT NOT NULL,
    PRIMARY KEY (agent_id, stream, epoch)
);

-- Numbers whose records were gone at the site before they could be sent.
CREATE TABLE hall_record_gap (
    -- Of which chain, from which number on.
    agent_id BYTEA NOT NULL REFERENCES hall_agent (id),
    stream BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    from_seq BIGINT NOT NULL,
    -- The last number.
    to_seq BIGINT NOT NULL,
    -- When the first and the last of them happened, as the box knew it.
    from_us BIGINT NOT NULL,
    to_us BIGINT NOT NULL,
    -- thinned full forgotten unreadable; when that was heard.
    reason TEXT NOT NULL,
    received_us BIGINT NOT NULL,
    PRIMARY KEY (agent_id, stream, epoch, from_seq)
);

-- What came and was believed by nobody: octets that are no record, and what came from
-- a box that is not let in.
CREATE TABLE hall_quarantine (
    -- Which one, Id<Quarantine>.
    id BYTEA NOT NULL PRIMARY KEY,
    agent_id BYTEA NOT NULL REFERENCES hall_agent (id),
    at_us BIGINT NOT NULL,
    -- Why.
    why TEXT NOT NULL,
    -- Under which identity it came, where it was one piece.
    stream BIGINT,
    epoch BIGINT,
    seq BIGINT,
    raw BYTEA NOT NULL
);
CREATE INDEX hall_quarantine_agent ON hall_quarantine (agent_id, at_us);

-- What a site is to do. Sent until its outcome has come as a record.
CREATE TABLE hall_command (
    -- A ULID.
    id BYTEA NOT NULL PRIMARY KEY,
    agent_id BYTEA NOT NULL REFERENCES hall_agent (id),
    -- What to do and how; whether doing it twice is doing it once (1).
    kind BIGINT NOT NULL,
    body BYTEA NOT NULL,
    repeatable BIGINT NOT NULL,
    -- By whom and when; not to be begun from expires_us on.
    made_by BYTEA REFERENCES hall_person (id),
    made_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    -- done failed expired interrupted refused. NULL: not known yet.
    ended TEXT,
    ended_us BIGINT,
    answer BYTEA
);
CREATE INDEX hall_command_agent ON hall_command (agent_id, made_us);

-- When it greeted last, by which boot, from where, and how far its clock was off
-- then (microseconds, positive when it was ahead).
ALTER TABLE hall_agent ADD COLUMN greeted_us BIGINT;
ALTER TABLE hall_agent ADD COLUMN greeted_boot BYTEA;
ALTER TABLE hall_agent ADD COLUMN clock_off_us BIGINT;
-- When its key was last seen living twice. NULL: never.
ALTER TABLE hall_agent ADD COLUMN twins_us BIGINT;
