-- Two more ways in: the sealed code for the day on which nobody else can come in, and
-- people whom a provider outside vouches for.
--
-- No secret is readable here: of the sealed code there is the SHA-256 of 135 random bits.

-- A session that ends at a time, whatever goes on in it. NULL: when it is idle or old.
ALTER TABLE hall_session ADD COLUMN until_us BIGINT;
-- By which door: emergency or provider. NULL: by any of those that were there before.
ALTER TABLE hall_session ADD COLUMN way TEXT;

-- Sealed codes. The newest row is the envelope that counts, or counted last.
CREATE TABLE hall_emergency (
    -- Which one.
    id BYTEA NOT NULL PRIMARY KEY,
    -- SHA-256 of the code in its normal spelling.
    secret_hash BYTEA NOT NULL,
    -- When it was made, on the machine of the house.
    sealed_us BIGINT NOT NULL,
    -- When it was made void without being used, and why: replaced or withdrawn.
    void_us BIGINT,
    void_why TEXT,
    -- When it was used, from where, and the session that came of it.
    used_us BIGINT,
    address TEXT,
    session_id BYTEA REFERENCES hall_session (id),
    -- Until when that session may last, when it ended, and why: over, or as in hall_session.
    until_us BIGINT,
    ended_us BIGINT,
    ended_why TEXT
);
CREATE UNIQUE INDEX hall_emergency_secret ON hall_emergency (secret_hash);

-- Who somebody is at a provider of identities, or is expected to be. One a person.
CREATE TABLE hall_identity (
    -- Which one, and whose.
    id BYTEA NOT NULL PRIMARY KEY,
    person_id BYTEA NOT NULL REFERENCES hall_person (id),
    -- The provider, as it names itself.
    issuer TEXT NOT NULL,
    -- Whom it never calls anybody else. NULL: nobody has come by it yet.
    subject TEXT,
    -- What an administrator expects the provider to say of him: email (in lower case, and
    -- verified by the provider) or username. NULL: he has linked himself, or has come.
    expected_kind TEXT,
    expected TEXT,
    -- What the provider called him when he was linked, to be shown.
    shown TEXT,
    made_us BIGINT NOT NULL,
    linked_us BIGINT
);
CREATE UNIQUE INDEX hall_identity_person ON hall_identity (person_id);
CREATE UNIQUE INDEX hall_identity_subject ON hall_identity (issuer, subject);
CREATE UNIQUE INDEX hall_identity_expected ON hall_identity (issuer, expected_kind, expected);
