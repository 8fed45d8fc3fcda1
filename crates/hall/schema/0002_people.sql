-- Who works here: agencies, people, their ways in, their rights, their sessions
-- and the keys of their programs.
--
-- No secret is readable here: passwords are Argon2id, and session secrets,
-- token secrets and one-time codes (32 random bytes each) are kept as the
-- SHA-256 of the text that their holder has.

-- Offices of the government (OPD) as a tree.
CREATE TABLE hall_agency (
    -- Which one, Id<N> of the noun; what it is called.
    id BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- What people say, for example Diskominfo.
    short TEXT,
    -- The office above. NULL at the top.
    parent_id BYTEA REFERENCES hall_agency (id),
    -- Ids from the top down to this one in hexadecimal, each followed by a
    -- stroke. All offices below this one begin with this text: a branch of the
    -- tree is one LIKE. The text holds no LIKE wildcard.
    path TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL
);
CREATE INDEX hall_agency_path ON hall_agency (path);

-- A human being. One row, whatever ways in and rights there are.
CREATE TABLE hall_person (
    -- Which one, Id<N> of the noun; what it is called.
    id BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- 0 shuts every door at once and keeps the row for the record.
    active BIGINT NOT NULL,
    -- Where the person belongs, which decides which administrators see the row.
    -- NULL: the whole province, or no office.
    area_code TEXT REFERENCES hall_area (code),
    agency_id BYTEA REFERENCES hall_agency (id),
    created_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL
);

-- A way in. Today passwords; other kinds are other rows.
CREATE TABLE hall_login (
    -- Which one, and whose.
    id BYTEA NOT NULL PRIMARY KEY,
    person_id BYTEA NOT NULL REFERENCES hall_person (id),
    -- password
    kind TEXT NOT NULL,
    -- The user name, in lower case.
    name TEXT NOT NULL,
    -- A PHC string: $argon2id$v=19$m=...,t=...,p=...$salt$hash.
    secret TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX hall_login_name ON hall_login (kind, name);
CREATE INDEX hall_login_person ON hall_login (person_id);

-- A role over a place, in [from_us, to_us). Never deleted: an ended one says
-- what somebody was allowed at the time.
CREATE TABLE hall_grant (
    -- Which one, and whose.
    id BYTEA NOT NULL PRIMARY KEY,
    person_id BYTEA NOT NULL REFERENCES hall_person (id),
    -- pimpinan operator konektivitas bansos petugas relawan pengawas admin layar
    role TEXT NOT NULL,
    -- This area and what lies in it. NULL: all, and things without an area too.
    area_code TEXT REFERENCES hall_area (code),
    -- This office and those below it. NULL: all, and things without an office too.
    agency_id BYTEA REFERENCES hall_agency (id),
    from_us BIGINT NOT NULL,
    -- NULL: until further notice.
    to_us BIGINT,
    -- Who gave it. NULL: the house itself, at its first start.
    given_by BYTEA REFERENCES hall_person (id),
    given_us BIGINT NOT NULL
);
CREATE INDEX hall_grant_person ON hall_grant (person_id);

-- A code that may be used once, for example to make the first administrator.
CREATE TABLE hall_code (
    -- SHA-256 of the code.
    secret_hash BYTEA NOT NULL PRIMARY KEY,
    -- first_admin
    purpose TEXT NOT NULL,
    made_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    used_us BIGINT
);

-- A browser that has logged in.
CREATE TABLE hall_session (
    -- Which one, and whose.
    id BYTEA NOT NULL PRIMARY KEY,
    person_id BYTEA NOT NULL REFERENCES hall_person (id),
    -- SHA-256 of the secret in the cookie.
    secret_hash BYTEA NOT NULL,
    created_us BIGINT NOT NULL,
    -- The newest request, at most a minute old: not every request is written.
    seen_us BIGINT NOT NULL,
    -- Where the login came from, and what the browser called itself.
    address TEXT,
    agent TEXT,
    -- logged_out, revoked, crowded_out, password or inactive say why.
    ended_us BIGINT,
    ended_why TEXT
);
CREATE UNIQUE INDEX hall_session_secret ON hall_session (secret_hash);
CREATE INDEX hall_session_person ON hall_session (person_id, created_us);

-- A key for a program. It may do what its person may do at that moment.
CREATE TABLE hall_token (
    -- Which one, whose, and what it is called.
    id BYTEA NOT NULL PRIMARY KEY,
    person_id BYTEA NOT NULL REFERENCES hall_person (id),
    name TEXT NOT NULL,
    -- SHA-256 of the secret behind the prefix.
    secret_hash BYTEA NOT NULL,
    created_us BIGINT NOT NULL,
    used_us BIGINT,
    -- NULL: does not expire.
    expires_us BIGINT,
    revoked_us BIGINT
);
CREATE UNIQUE INDEX hall_token_secret ON hall_token (secret_hash);
CREATE INDEX hall_token_person ON hall_token (person_id, created_us);
