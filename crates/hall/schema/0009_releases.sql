-- Programs for boxes, to whom they are offered, and what became of them there; and
-- what boxes were told to be like.
--
-- A release is signed far from here: the house keeps it and offers it, and cannot make
-- one. A configuration is signed by the authority for sites.
--
-- Both are told by commands (hall_command), which end as withdrawn when an offer is
-- halted before a box has answered.

-- A release of the program for one kind of machine.
CREATE TABLE hall_release (
    -- Which one, Id<Release>.
    id BYTEA NOT NULL PRIMARY KEY,
    -- Three numbers with points between; the target triple.
    version TEXT NOT NULL,
    target TEXT NOT NULL,
    -- The signed manifest as it came (message SignedManifest), and what it says: the
    -- program's SHA-256 (in store_blob) and octets,
    manifest BYTEA NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    -- the oldest and the newest protocol that it speaks, until when it may be installed.
    protocol_min BIGINT NOT NULL,
    protocol_max BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    -- Who has brought it, and when.
    made_by BYTEA NOT NULL REFERENCES hall_person (id),
    made_us BIGINT NOT NULL,
    -- How many boxes of a hundred it is offered to, those named aside; how many may
    -- fail before the offer halts by itself.
    share_percent BIGINT NOT NULL,
    failures_max BIGINT NOT NULL,
    -- kept offered halted; since when, and why it was halted.
    state TEXT NOT NULL,
    changed_us BIGINT NOT NULL,
    halted_why TEXT
);
CREATE UNIQUE INDEX hall_release_version ON hall_release (version, target);

-- A release at a box that it was offered to.
CREATE TABLE hall_release_box (
    -- Which release, which box.
    release_id BYTEA NOT NULL REFERENCES hall_release (id),
    agent_id BYTEA NOT NULL REFERENCES hall_agent (id),
    -- By which command it was told, and when.
    command_id BYTEA NOT NULL,
    told_us BIGINT NOT NULL,
    -- told fetching staged committed rolled_back refused damaged; why, in a word and
    -- for people; since when the house knows.
    state TEXT NOT NULL,
    why TEXT,
    detail TEXT,
    heard_us BIGINT NOT NULL,
    PRIMARY KEY (release_id, agent_id)
);
CREATE INDEX hall_release_box_agent ON hall_release_box (agent_id);

-- What a box was told to be like. Only ever added to.
CREATE TABLE hall_site_config (
    -- Which box, and the version, which only rises.
    agent_id BYTEA NOT NULL REFERENCES hall_agent (id),
    version BIGINT NOT NULL,
    -- What it says (JSON), and as it was signed (message SignedDesired).
    said TEXT NOT NULL,
    signed BYTEA NOT NULL,
    -- Who, when, by which command.
    made_by BYTEA NOT NULL REFERENCES hall_person (id),
    made_us BIGINT NOT NULL,
    command_id BYTEA NOT NULL,
    -- told applied confirmed rolled_back refused; why; since when the house knows.
    state TEXT NOT NULL,
    why TEXT,
    heard_us BIGINT NOT NULL,
    PRIMARY KEY (agent_id, version)
);

-- The kind of machine that a box is, as its program said at its start. NULL: unknown.
ALTER TABLE hall_agent ADD COLUMN target TEXT;
