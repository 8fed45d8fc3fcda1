-- What people ask about data of their own, and breaches of what is kept.
--
-- What somebody asks and what a breach was name people: both lie sealed under a key of their
-- own, as objections do. In the clear stand kinds, states and clocks.
--
-- Times are microseconds since 1970 UTC. NULL means unknown.

-- What somebody asks about data that is kept of him (UU 27/2022, articles 5 to 13).
CREATE TABLE card_request (
    -- Counts up from one.
    number BIGINT NOT NULL PRIMARY KEY,
    -- access, correction, erasure or objection.
    kind TEXT NOT NULL,
    -- About whom: the id of a family or person, and which of both (keluarga, orang). NULL: the
    -- house has not found him.
    subject BYTEA,
    subject_kind TEXT,
    -- Where that lives, else where it was recorded.
    area_code TEXT,
    -- open, granted, partly or refused.
    state TEXT NOT NULL,
    -- Who asks and what for, sealed under a key of its own (associated data: card_request and
    -- the number); the key wrapped by the vault (row the number, column key).
    sealed BYTEA NOT NULL,
    wrapped BYTEA NOT NULL,
    -- How it was checked who he is, sealed by the same key. NULL: nobody has.
    identity BYTEA,
    -- Who looks after it. NULL: nobody.
    owner_person BYTEA,
    -- Who wrote it down, and until when it is to be answered.
    by_person BYTEA NOT NULL,
    at_us BIGINT NOT NULL,
    due_us BIGINT NOT NULL,
    -- Who answered, when, and what (sealed as the request is).
    answered_by BYTEA,
    answered_us BIGINT,
    answer BYTEA,
    -- The erasure that followed, by its number. NULL: none.
    erasure BIGINT
);
CREATE INDEX card_request_state ON card_request (state, number);
CREATE INDEX card_request_subject ON card_request (subject, number);

-- A failure to protect what is kept (UU 27/2022, article 46).
CREATE TABLE card_breach (
    -- Counts up from one.
    number BIGINT NOT NULL PRIMARY KEY,
    -- open or closed.
    state TEXT NOT NULL,
    -- When it was found, and until when those concerned and the authority are to be told.
    found_us BIGINT NOT NULL,
    due_us BIGINT NOT NULL,
    -- JSON: which classes of data.
    data TEXT NOT NULL,
    -- How many people it is about. NULL: not known.
    people BIGINT,
    -- What has happened and what is done about it, sealed under a key of its own (associated
    -- data: card_breach and the number); the key wrapped by the vault (column key).
    sealed BYTEA NOT NULL,
    wrapped BYTEA NOT NULL,
    -- Who wrote it down, and when.
    by_person BYTEA NOT NULL,
    at_us BIGINT NOT NULL,
    -- When the authority was told, who wrote that down, and how it was (sealed).
    authority_us BIGINT,
    authority_by BYTEA,
    authority_how BYTEA,
    -- When those concerned were told, who wrote that down, and how it was (sealed).
    people_us BIGINT,
    people_by BYTEA,
    people_how BYTEA,
    -- Who closed it, when, and why somebody was not told (sealed; NULL: both were).
    closed_by BYTEA,
    closed_us BIGINT,
    closing BYTEA
);
CREATE INDEX card_breach_state ON card_breach (state, number);
