-- What cameras say that happens before them.
--
-- Invariants
--   1. A camera without a row in watch_listening is not listened to. It is listened to by
--      ONVIF, at the address and with the password of watch_onvif.
--   2. A row of watch_event is written once and never changed. Of one thing of a camera (a
--      kind at a source) 'on' and what ends it ('off' or 'unknown') take turns; what was 'on'
--      when the house was cut off is followed by another 'on', with nothing between.
--   3. Rows of watch_event are removed when they are thirty days old, but the newest of each
--      camera, so that its numbers go on growing.

-- Cameras that are listened to.
CREATE TABLE watch_listening (
    camera_id   BYTEA  NOT NULL PRIMARY KEY REFERENCES watch_camera (id), -- which
    person_id   BYTEA  NOT NULL,                -- Id<Person>, who turned it on
    since_us    BIGINT NOT NULL                 -- when
);

-- What they said.
CREATE TABLE watch_event (
    camera_id   BYTEA  NOT NULL REFERENCES watch_camera (id), -- which camera
    seq         BIGINT NOT NULL,                -- its number at this camera, from 1, growing
    kind        TEXT   NOT NULL,                -- motion | scene | dark | bright | blurred | tamper | input
    source      TEXT   NOT NULL,                -- where at the device, as it says; may be empty
    state       TEXT   NOT NULL,                -- on | off | unknown: how it is from then on
    device_us   BIGINT,                         -- when, by the device's own clock; empty when it did not say
    heard_us    BIGINT NOT NULL,                -- when the house heard of it
    left_out    BIGINT NOT NULL,                -- beginnings before it that were not written, since there were too many
    PRIMARY KEY (camera_id, seq)
);
CREATE INDEX watch_event_heard ON watch_event (heard_us);
