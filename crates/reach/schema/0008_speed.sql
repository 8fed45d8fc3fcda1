-- How fast connections are, as boxes have measured it.
--
-- Invariants
--   1. It can be made anew from the hall's records; a record that comes twice is one row.
--   2. What was measured stands as octets and microseconds, and never as a rate alone: a
--      test that its cap has cut was short, and says only that it is no less.

CREATE TABLE reach_speed (
    -- Which box (Id<Agent>), in which boot, at which microsecond of its clock its record
    -- was made.
    agent_id BYTEA NOT NULL,
    boot BYTEA NOT NULL,
    mono_us BIGINT NOT NULL,
    -- The site at which it stood (Id<Site>).
    site_id BYTEA NOT NULL,
    -- When the test began, and when the house received the record.
    at_us BIGINT NOT NULL,
    received_us BIGINT NOT NULL,
    -- The command that asked for it, and who gave that (Id<Person>). NULL: the box by
    -- itself, once a week.
    command_id BYTEA,
    asked_by BYTEA,
    -- Octets that it might cost, and that it did, with everything around them.
    cap_octets BIGINT NOT NULL,
    spent_octets BIGINT NOT NULL,
    -- Why there is none: none (there is one) unknown unreached busy unsupported interrupted.
    fault TEXT NOT NULL,
    -- To the village: octets that came there. NULL: not measured.
    down_octets BIGINT,
    -- In so many microseconds.
    down_us BIGINT,
    -- Why it ended: time cap other broken unknown.
    down_end TEXT,
    -- Octets that the house says it has sent. NULL: it has not said.
    down_sent BIGINT,
    -- The shortest round trip. NULL: not said.
    down_min_rtt_us BIGINT,
    -- From it: octets that came at the house, as it has told the box; where up_sent is
    -- NULL it has told nothing, and these are what the box has sent.
    up_octets BIGINT,
    -- In so many microseconds.
    up_us BIGINT,
    -- Why it ended.
    up_end TEXT,
    -- Octets that the box has sent.
    up_sent BIGINT,
    -- The shortest round trip. NULL: not said.
    up_min_rtt_us BIGINT,
    PRIMARY KEY (agent_id, boot, mono_us)
);
CREATE INDEX reach_speed_site ON reach_speed (site_id, at_us);
