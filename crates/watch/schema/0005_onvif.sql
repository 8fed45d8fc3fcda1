-- Cameras that are asked and told by ONVIF, and who has turned them.
--
-- Invariants
--   1. A camera without a row in watch_onvif is asked nothing by ONVIF and turned by nobody.
--   2. Its password, where it has one of its own, lies only in
--      watch_onvif.password_sealed, sealed by the hall's vault for exactly that table, row
--      and column. Without a name of its own it is that of watch_device.
--   3. A hold is inserted before the camera is told anything and updated once, when it
--      ends. A row without an end was cut off by a power cut or a crash; the next start
--      sets ended_by = 'restart', leaves to_us empty and stops the camera.
--   4. A camera has at most one hold without an end.

-- Where a camera answers ONVIF.
CREATE TABLE watch_onvif (
    camera_id       BYTEA  NOT NULL PRIMARY KEY REFERENCES watch_camera (id), -- which
    address         TEXT   NOT NULL,             -- of its device service, http://...; never with a password
    profile         TEXT   NOT NULL,             -- token of the media profile that is turned
    username        TEXT,                        -- what it asks for; that of the device when empty
    password_sealed BYTEA,                       -- by hall vault; see invariant 2
    turns           BIGINT NOT NULL,             -- 1: it is offered to be turned; 0: it is not
    wide_deg        DOUBLE PRECISION,            -- horizontal field of view at the widest; all four or none
    times           DOUBLE PRECISION,            -- how much larger things are at the longest
    pan_deg         DOUBLE PRECISION,            -- from the utmost left to the utmost right
    tilt_deg        DOUBLE PRECISION,            -- from the utmost down to the utmost up
    person_id       BYTEA  NOT NULL,             -- Id<Person>, who wrote this last
    changed_us      BIGINT NOT NULL              -- when
);

-- Who turned which camera from when to when.
CREATE TABLE watch_hold (
    id          BYTEA  NOT NULL PRIMARY KEY,                    -- Id<Hold>
    camera_id   BYTEA  NOT NULL REFERENCES watch_camera (id),   -- which
    person_id   BYTEA  NOT NULL,                                -- Id<Person>, who
    login_id    BYTEA  NOT NULL,                                -- the session or token it hung on
    from_us     BIGINT NOT NULL,                                -- when he took it
    to_us       BIGINT,                                         -- when it ended; see invariant 3
    ended_by    TEXT,                                           -- left | idle | long | taken_over | revoked | changed | closing | restart; empty while it lasts
    deeds       TEXT                                            -- JSON: what was done; empty while it lasts
);
CREATE INDEX watch_hold_camera ON watch_hold (camera_id, from_us);
CREATE INDEX watch_hold_open ON watch_hold (ended_by);
