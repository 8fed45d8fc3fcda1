-- Second factors of people, and the networks from which none is asked for.
--
-- No secret is readable here: what an app computes codes from is sealed by the vault,
-- recovery codes (80 random bits each) are kept as the SHA-256 of their text, and of a
-- passkey the house has the public half only.

-- Networks of offices, as somebody has named them.
CREATE TABLE hall_network (
    -- Which one, Id<N> of the noun; what it is called.
    id BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- Its ranges of addresses, CIDR, with blanks between.
    ranges TEXT NOT NULL,
    -- Which area or office it is of, in the words of whoever named it. NULL: not said.
    place TEXT,
    created_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL
);

-- The rule that nobody comes in from elsewhere without a second factor. In force while
-- there is the one row, number 1.
CREATE TABLE hall_factor_rule (
    -- Always 1.
    number BIGINT NOT NULL PRIMARY KEY,
    -- Since when, and who has turned it on.
    since_us BIGINT NOT NULL,
    by_person BYTEA NOT NULL REFERENCES hall_person (id)
);

-- Sessions in which a second factor was shown. One that has none may do nothing where one
-- is asked for.
CREATE TABLE hall_session_factor (
    -- In which session.
    session_id BYTEA NOT NULL PRIMARY KEY REFERENCES hall_session (id),
    -- totp recovery passkey emergency, or a word of amr or acr of an ID token that the
    -- configuration names: a provider has asked for it.
    kind TEXT NOT NULL,
    shown_us BIGINT NOT NULL
);

-- Apps that compute codes (RFC 6238: SHA-1, 30 s, six digits), one a person.
CREATE TABLE hall_totp (
    -- Whose.
    person_id BYTEA NOT NULL PRIMARY KEY REFERENCES hall_person (id),
    -- 20 bytes, sealed for this row.
    secret BYTEA NOT NULL,
    made_us BIGINT NOT NULL,
    -- When a first code was right. NULL: it does not count yet.
    confirmed_us BIGINT,
    -- The newest step whose code was used; it and older ones are used up. 0: none.
    last_step BIGINT NOT NULL,
    -- When that was. NULL: never.
    used_us BIGINT
);

-- Codes on paper for the day the phone is lost, ten at a time, each good once.
CREATE TABLE hall_recovery (
    -- Whose.
    person_id BYTEA NOT NULL REFERENCES hall_person (id),
    -- SHA-256 of the code without strokes.
    hash BYTEA NOT NULL,
    made_us BIGINT NOT NULL,
    -- NULL: still good.
    used_us BIGINT,
    PRIMARY KEY (person_id, hash)
);

-- Public keys that a phone, a computer or a stick vouches by (WebAuthn).
CREATE TABLE hall_passkey (
    -- Which one, whose, and what its owner calls it.
    id BYTEA NOT NULL PRIMARY KEY,
    person_id BYTEA NOT NULL REFERENCES hall_person (id),
    name TEXT NOT NULL,
    -- By what its authenticator knows it, at most 1023 bytes.
    credential BYTEA NOT NULL,
    -- The name of the house for which alone it vouches.
    rp_id TEXT NOT NULL,
    -- The number of the algorithm (COSE: -7 ES256, -8 EdDSA, -257 RS256), and the key: a
    -- point; 32 bytes; two bytes of length, modulus and exponent.
    algorithm BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    -- How often it says it has vouched. 0: it does not count.
    counter BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    -- When it has vouched last. NULL: never.
    used_us BIGINT,
    -- When one was shown that counts less: somebody may hold a copy. NULL: never.
    copied_us BIGINT
);
CREATE UNIQUE INDEX hall_passkey_credential ON hall_passkey (credential);
CREATE INDEX hall_passkey_person ON hall_passkey (person_id);

-- Factors that an administrator has taken from somebody who could not show them.
CREATE TABLE hall_factor_reset (
    -- From whom.
    person_id BYTEA NOT NULL REFERENCES hall_person (id),
    -- When, by whom, and why.
    at_us BIGINT NOT NULL,
    by_person BYTEA NOT NULL REFERENCES hall_person (id),
    reason TEXT NOT NULL,
    -- When the person was told. NULL: not yet.
    seen_us BIGINT,
    PRIMARY KEY (person_id, at_us)
);
