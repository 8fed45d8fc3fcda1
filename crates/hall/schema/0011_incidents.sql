-- What is wrong, where, and what is being done about it by whom; and whose turn it
-- is to look after that.
--
-- Invariants
--   1. Steps, notes and hand-overs are only ever added to. The columns of
--      hall_incident that a step changes are what its steps lead to, in their order:
--      they can be made anew from them.
--   2. Of one key at most one incident is open or handled.
--   3. An incident has at least one subject that is linked. Where a subject lies, as
--      rights see it, is where it lay when it was linked.
--   4. A place has at most one shift that goes on. A shift that was handed over has
--      the hand-over that was accepted; both acts stand in the audit chain with the
--      SHA-256 of its text.
--
-- Ids are 16 octets (UUIDv7), times microseconds since 1970 UTC (_us), booleans 0 and 1.

-- Something that is wrong.
CREATE TABLE hall_incident (
    -- Which one, Id<Incident>; and the number by which people speak of it, from 1.
    id BYTEA NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    -- What kind: a word of the room that opens it, such as site.lives_twice; manual
    -- where a person has opened it.
    kind TEXT NOT NULL,
    -- What makes it the same incident: kind and what it is about. NULL: by hand.
    dedupe_key TEXT,
    -- The part of the house that opened it. NULL: a person did, opened_by.
    room TEXT,
    opened_by BYTEA REFERENCES hall_person (id),
    -- One sentence in Bahasa Indonesia. Of a room it names no place and no person.
    title TEXT NOT NULL,
    -- JSON object of what the room has measured, newest; '{}' by hand.
    facts TEXT NOT NULL,
    -- notice warning critical: as it counts, and as the room said last. NULL: by hand.
    severity TEXT NOT NULL,
    said_severity TEXT,
    -- open handled cleared closed
    state TEXT NOT NULL,
    -- Who looks after it. NULL: nobody yet.
    owner_id BYTEA REFERENCES hall_person (id),
    -- By when the next thing has to happen: while open that somebody takes note of
    -- it, while handled that it is over. due_set is 1 where a person has said so.
    due_us BIGINT NOT NULL,
    due_set BIGINT NOT NULL,
    -- How often the time was overrun, 0 to 3.
    level BIGINT NOT NULL,
    -- When it was opened; when its room said it last, and how often.
    opened_us BIGINT NOT NULL,
    seen_us BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    -- When the cause was gone; when it was put to the files. NULL: it is not.
    cleared_us BIGINT,
    closed_us BIGINT,
    -- Where it is, as the person who opened it pointed, WGS 84 degrees.
    lat_deg DOUBLE PRECISION,
    lon_deg DOUBLE PRECISION,
    -- The saved still that it was opened from, by its id. NULL: none.
    still_id BYTEA,
    -- Subjects that the room named last and that are too many to be linked.
    left_out BIGINT NOT NULL,
    -- Steps so far; when the last one was taken.
    steps BIGINT NOT NULL,
    changed_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX hall_incident_number ON hall_incident (number);
CREATE UNIQUE INDEX hall_incident_going_on ON hall_incident (dedupe_key)
    WHERE state IN ('open', 'handled');
CREATE INDEX hall_incident_key ON hall_incident (dedupe_key, number);
CREATE INDEX hall_incident_due ON hall_incident (state, due_us);

-- What has happened to an incident, in order.
CREATE TABLE hall_incident_step (
    -- Whose, and the how manyth, from 1.
    incident_id BYTEA NOT NULL REFERENCES hall_incident (id),
    seq BIGINT NOT NULL,
    -- opened noted acknowledged owned watched unwatched rated due_set cleared closed
    -- reopened escalated linked unlinked
    step TEXT NOT NULL,
    -- The state behind it.
    state TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    -- Who. NULL: the part of the house that room names.
    by_person BYTEA REFERENCES hall_person (id),
    room TEXT,
    -- Of owned: the owner from then on; NULL: nobody.
    person_id BYTEA REFERENCES hall_person (id),
    -- Of opened and rated: the severity from then on.
    severity TEXT,
    -- Of due_set: by when from then on; escalated: the level reached.
    due_us BIGINT,
    level BIGINT,
    -- Of linked and unlinked: which subject.
    subject_nth BIGINT,
    -- What was said.
    text TEXT,
    PRIMARY KEY (incident_id, seq)
);

-- What an incident is about.
CREATE TABLE hall_incident_subject (
    -- Of which incident, and the how manyth, from 1.
    incident_id BYTEA NOT NULL REFERENCES hall_incident (id),
    nth BIGINT NOT NULL,
    -- house area site camera point, and which one: nothing, a Kemendagri code, or a
    -- printed id.
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- What it was called when it was linked. Empty: the house itself.
    name TEXT NOT NULL,
    -- Where it lies, as rights see it. NULL: in no single area, of no single office.
    area_code TEXT REFERENCES hall_area (code),
    agency_id BYTEA REFERENCES hall_agency (id),
    -- When it was linked, and when it was taken off. NULL: it is linked.
    linked_us BIGINT NOT NULL,
    unlinked_us BIGINT,
    PRIMARY KEY (incident_id, nth)
);
CREATE INDEX hall_incident_subject_what ON hall_incident_subject (kind, subject);
CREATE INDEX hall_incident_subject_area ON hall_incident_subject (area_code);

-- Who wants to be told of an incident. Since when is in its steps.
CREATE TABLE hall_incident_watcher (
    -- Of which incident, and who.
    incident_id BYTEA NOT NULL REFERENCES hall_incident (id),
    person_id BYTEA NOT NULL REFERENCES hall_person (id),
    PRIMARY KEY (incident_id, person_id)
);
CREATE INDEX hall_incident_watcher_person ON hall_incident_watcher (person_id);

-- A turn at the desk of a place: who looks after what happens there.
CREATE TABLE hall_shift (
    -- Which one, Id<Shift>; the how manyth of the house, from 1.
    id BYTEA NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    -- The area whose desk it is, the province for the command centre itself.
    area_code TEXT NOT NULL REFERENCES hall_area (code),
    -- Who has it, and since when.
    person_id BYTEA NOT NULL REFERENCES hall_person (id),
    from_us BIGINT NOT NULL,
    -- The shift that was handed over to it. NULL: none was.
    after_id BYTEA REFERENCES hall_shift (id),
    -- When it ended; handed_over or left; who ended one that was left, and why.
    ended_us BIGINT,
    ended_how TEXT,
    ended_by BYTEA REFERENCES hall_person (id),
    ended_why TEXT
);
CREATE UNIQUE INDEX hall_shift_number ON hall_shift (number);
CREATE UNIQUE INDEX hall_shift_going_on ON hall_shift (area_code) WHERE ended_us IS NULL;

-- The log of a shift, in order.
CREATE TABLE hall_shift_note (
    -- Of which shift, and the how manyth, from 1.
    shift_id BYTEA NOT NULL REFERENCES hall_shift (id),
    seq BIGINT NOT NULL,
    -- When, by whom, what.
    at_us BIGINT NOT NULL,
    by_person BYTEA NOT NULL REFERENCES hall_person (id),
    text TEXT NOT NULL,
    PRIMARY KEY (shift_id, seq)
);

-- What whoever has a shift leaves to the next (serah terima). Written anew, it is
-- another row; the newest counts.
CREATE TABLE hall_handover (
    -- Of which shift, and the how manyth, from 1.
    shift_id BYTEA NOT NULL REFERENCES hall_shift (id),
    nth BIGINT NOT NULL,
    -- The text as both have seen it (UTF-8), and its SHA-256 in hexadecimal.
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    -- When it was written, and by whom.
    written_us BIGINT NOT NULL,
    written_by BYTEA NOT NULL REFERENCES hall_person (id),
    -- When it was accepted, and by whom. NULL: it is not.
    accepted_us BIGINT,
    accepted_by BYTEA REFERENCES hall_person (id),
    PRIMARY KEY (shift_id, nth)
);
