-- Nodes: addresses that the centre asks by itself whether they answer.
--
-- Invariants
--   1. Nothing here is evidence of a village's minutes: no verdict rests on it.
--   2. A node that is paused has no row in reach_node_state.
--   3. Spans of a node do not overlap; the one that goes on is its row in
--      reach_node_state, from since_us on.

-- An address that the house asks.
CREATE TABLE reach_node (
    -- Id<Node>.
    id BYTEA NOT NULL PRIMARY KEY,
    -- What people call it.
    name TEXT NOT NULL,
    -- Its address as RFC 5952 or dotted decimals write it; never a name.
    address TEXT NOT NULL,
    -- The port to which a connection is asked for where ICMP is not permitted.
    -- NULL: the prober's own.
    port BIGINT,
    -- The site at which it stands (Id<Site>): rights follow that one's place. NULL: none.
    site_id BYTEA,
    -- Where it lies (Kemendagri code), where it has no site. NULL: in no single area.
    area_code TEXT,
    -- Whose it is (Id<Agency>), where it has no site. NULL: of none.
    agency_id BYTEA,
    -- What people say of it. NULL: nothing.
    note TEXT,
    -- 1: it is not asked until somebody says so.
    paused BIGINT NOT NULL,
    -- When it was added and changed last, and by whom (Id<Person>).
    added_us BIGINT NOT NULL,
    added_by BYTEA NOT NULL,
    changed_us BIGINT NOT NULL,
    changed_by BYTEA NOT NULL
);
CREATE UNIQUE INDEX reach_node_address ON reach_node (address);
CREATE INDEX reach_node_site ON reach_node (site_id);

-- How a node stands, by the last round that asked it.
CREATE TABLE reach_node_state (
    -- Id<Node>.
    node_id BYTEA NOT NULL PRIMARY KEY,
    -- answers silent unknown.
    answering TEXT NOT NULL,
    -- The first round that has said so, each one since.
    since_us BIGINT NOT NULL,
    -- The last round.
    last_us BIGINT NOT NULL,
    -- How it was asked: icmp tcp.
    way TEXT NOT NULL,
    -- Of the last round: questions that have left this machine, those that were answered,
    -- and answers that came when an earlier round was over.
    sent BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    late BIGINT NOT NULL,
    -- Why one was refused or not sent, the last one: network host port prohibited hops
    -- other no_route forbidden. NULL: none was.
    refusal TEXT,
    -- The fastest answer and the middle one, in microseconds. NULL: none was measured.
    min_us BIGINT,
    median_us BIGINT
);

-- How a node stood before that, of the last seven days.
CREATE TABLE reach_node_span (
    -- Id<Node>.
    node_id BYTEA NOT NULL,
    -- From the round that said so first until before to_us.
    from_us BIGINT NOT NULL,
    to_us BIGINT NOT NULL,
    -- answers silent unknown.
    answering TEXT NOT NULL,
    PRIMARY KEY (node_id, from_us)
);
CREATE INDEX reach_node_span_end ON reach_node_span (to_us);

-- The last round over all nodes: one row.
CREATE TABLE reach_node_round (
    -- 1.
    one BIGINT NOT NULL PRIMARY KEY,
    -- When it began, and how long it took, in microseconds.
    began_us BIGINT NOT NULL,
    took_us BIGINT NOT NULL,
    -- Nodes that it asked.
    asked BIGINT NOT NULL,
    -- Answers that the kernel dropped before they were read.
    dropped BIGINT NOT NULL,
    -- Rounds that were left out since the first one, because the one before was not over.
    skipped BIGINT NOT NULL,
    -- Why ICMP is not permitted over IPv4 and over IPv6, as the prober says it. NULL: it
    -- is, or no node is of that family.
    lack_v4 TEXT,
    lack_v6 TEXT
);
