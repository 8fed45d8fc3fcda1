-- Recorders (NVR, DVR): devices with many channels, each channel perhaps a camera.
--
-- Invariants
--   1. A recorder is a watch_device: its address, name, sealed password and limit of
--      sessions lie there and hold for all its channels.
--   2. One channel of a recorder is at most one camera in service, and a camera at most
--      one channel. A camera that is retired leaves its channel.
--   3. Of a camera that is retired no picture is kept here.
--   4. A recorder is retired, never deleted, and only when none of its channels is a
--      camera in service.

-- What is known of a device that is a recorder.
CREATE TABLE watch_recorder (
    device_id   BYTEA  NOT NULL PRIMARY KEY REFERENCES watch_device (id), -- which
    name        TEXT   NOT NULL,             -- as officials call it
    area_code   TEXT   NOT NULL,             -- Kemendagri code of the smallest known area
    agency_id   BYTEA,                       -- Id<Agency>, the OPD that answers for it
    template    TEXT   NOT NULL,             -- slug of a make, or own
    path        TEXT,                        -- its scheme where typed, with {channel} and {layer}; by make when empty
    main_word   TEXT,                        -- what stands for the full picture, where typed
    sub_word    TEXT,                        -- what stands for the small one; empty: there is none
    notes       TEXT   NOT NULL,             -- what people should know; may be empty
    person_id   BYTEA  NOT NULL,             -- Id<Person>, who added it
    created_us  BIGINT NOT NULL,             -- when it was added
    changed_us  BIGINT NOT NULL,             -- when any of it last changed
    retired_us  BIGINT                       -- when it was taken out; empty while in service
);
CREATE INDEX watch_recorder_area ON watch_recorder (area_code);

-- Which camera is which channel.
CREATE TABLE watch_channel (
    camera_id   BYTEA  NOT NULL PRIMARY KEY REFERENCES watch_camera (id),  -- the camera
    device_id   BYTEA  NOT NULL REFERENCES watch_recorder (device_id),     -- of which recorder
    channel     BIGINT NOT NULL,             -- its number there, from 1
    given_us    BIGINT NOT NULL,             -- when it was given to the camera
    UNIQUE (device_id, channel)
);

-- What a channel was seen to be, at different hours: what its camera is known by. The
-- newest few of each camera stay.
CREATE TABLE watch_fingerprint (
    camera_id   BYTEA  NOT NULL REFERENCES watch_camera (id), -- whose
    seen_us     BIGINT NOT NULL,             -- when
    name        TEXT,                        -- what the channel called itself; empty when nothing
    codec       TEXT   NOT NULL,             -- of its full picture
    width_px    BIGINT,                      -- of its full picture; unknown when empty
    height_px   BIGINT,                      -- of its full picture; unknown when empty
    gop         BIGINT,                      -- pictures from key frame to key frame; unknown when empty
    bits        TEXT   NOT NULL,             -- its picture, coarsely: 32 hexadecimal digits
    sure        TEXT   NOT NULL,             -- what of that is sure: 32 hexadecimal digits
    still       BYTEA  NOT NULL,             -- a small JPEG of it
    PRIMARY KEY (camera_id, seen_us)
);

-- Channels that seem to have been rearranged, and what a person decided. At most one of
-- a recorder is open.
CREATE TABLE watch_swap (
    device_id   BYTEA  NOT NULL REFERENCES watch_recorder (device_id), -- which recorder
    noticed_us  BIGINT NOT NULL,             -- when
    moves       TEXT   NOT NULL,             -- JSON: [[channel, channel whose camera it shows], ...]
    stills      TEXT   NOT NULL,             -- JSON: by channel the picture that it showed then, a JPEG in base64
    decision    TEXT,                        -- swapped | right | undone; empty while open
    person_id   BYTEA,                       -- Id<Person>, who decided; empty while open
    decided_us  BIGINT,                      -- when; empty while open
    PRIMARY KEY (device_id, noticed_us)
);
