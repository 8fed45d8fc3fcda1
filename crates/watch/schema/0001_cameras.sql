-- The watch room: which cameras there are, whose they are, by which right, and
-- who has looked through them.
--
-- Invariants
--   1. A camera keeps its id when its device is replaced, its name or its short
--      name changed; an old short name goes on leading to it (watch_short).
--   2. Passwords lie only in watch_device.password_sealed, sealed by the hall's
--      vault for exactly that table, row and column. No URL holds one.
--   3. A camera is never deleted, only retired: its viewings and stills must
--      stay readable for as long as the law asks.
--   4. A viewing is inserted before its first picture leaves and updated once,
--      when it ends. A row without an end was cut off by a power cut or a crash;
--      the next start sets ended_by = 'restart' and leaves to_us empty, since
--      nobody saw when it ended.
--
-- Types are the four that both engines share. Ids are 16 octets (UUIDv7), times
-- are microseconds since 1970 UTC (_us), booleans are 0 and 1, days are ISO
-- dates (YYYY-MM-DD) of the house's own zone.

-- What has an address: a camera, a recorder (NVR, DVR) or another video system.
CREATE TABLE watch_device (
    id              BYTEA  NOT NULL PRIMARY KEY, -- Id<Device>
    address         TEXT   NOT NULL,             -- host or host:port, as in its URLs
    username        TEXT,                        -- empty when it asks for none
    password_sealed BYTEA,                       -- by hall vault; see invariant 2
    make            TEXT,                        -- Hikvision, Dahua, ...; unknown when empty
    model           TEXT,                        -- unknown when empty
    serial          TEXT,                        -- unknown when empty
    session_limit   BIGINT NOT NULL,             -- RTSP sessions that the hub may hold at once
    created_us      BIGINT NOT NULL,             -- when it was registered
    changed_us      BIGINT NOT NULL              -- when address, name or password last changed
);

-- One channel of a device: one place that can be looked at.
CREATE TABLE watch_camera (
    id              BYTEA  NOT NULL PRIMARY KEY, -- Id<Camera>
    device_id       BYTEA  NOT NULL REFERENCES watch_device (id), -- what brings its picture now
    short           TEXT   NOT NULL UNIQUE,      -- for URLs and speech: a-z 0-9 -, up to 40
    name            TEXT   NOT NULL,             -- as officials call it
    kind            TEXT   NOT NULL,             -- kantor | ruang_publik | proyek_strategis | lainnya
    area_code       TEXT   NOT NULL,             -- Kemendagri code of the smallest known area
    agency_id       BYTEA,                       -- Id<Agency>, the OPD that answers for it
    lat_deg         DOUBLE PRECISION,            -- WGS 84; both or neither
    lon_deg         DOUBLE PRECISION,            -- WGS 84; both or neither
    heading_deg     DOUBLE PRECISION,            -- where it looks, clockwise from north, 0 to 360
    always_on       BIGINT NOT NULL,             -- 1: pulled even when nobody watches
    simulated       BIGINT NOT NULL,             -- 1: made by the simulation, shows nothing real
    contact_name    TEXT,                        -- whom to call when it is dark
    contact_phone   TEXT,                        -- how
    contact_duty    TEXT,                        -- when, in words: "Senin-Jumat 07.00-16.00 WIB"
    project_code    TEXT,                        -- of the strategic project it watches
    project_name    TEXT,                        -- its name
    project_agency  TEXT,                        -- the OPD that runs the project
    project_contractor TEXT,                     -- who builds
    project_contract TEXT,                       -- number of the contract
    project_starts  TEXT,                        -- day
    project_ends    TEXT,                        -- day
    project_physical_permille BIGINT,            -- progress as reported, 0 to 1000; never measured here
    project_reported TEXT,                       -- day of that report
    created_us      BIGINT NOT NULL,             -- when it was registered
    changed_us      BIGINT NOT NULL,             -- when any of the above last changed
    retired_us      BIGINT                       -- when it was taken out of service; empty while in it
);
CREATE INDEX watch_camera_area ON watch_camera (area_code);
CREATE INDEX watch_camera_agency ON watch_camera (agency_id);

-- Short names that a camera had before; they redirect for good.
CREATE TABLE watch_short (
    short     TEXT  NOT NULL PRIMARY KEY,                       -- the old short name
    camera_id BYTEA NOT NULL REFERENCES watch_camera (id)       -- where it leads now
);

-- One quality of a camera.
CREATE TABLE watch_stream (
    id         BYTEA  NOT NULL PRIMARY KEY,                     -- Id<Stream>
    camera_id  BYTEA  NOT NULL REFERENCES watch_camera (id),    -- whose
    layer      TEXT   NOT NULL,                                 -- main | sub
    url        TEXT   NOT NULL,                                 -- rtsp://..., never with a password
    codec      TEXT,                                            -- as the camera last said; unknown when empty
    width_px   BIGINT,                                          -- as the camera last said
    height_px  BIGINT,                                          -- as the camera last said
    UNIQUE (camera_id, layer)
);

-- By which right a camera films (UU 27/2022 art. 17): its legal card. A camera
-- without a complete card is shown as such and counted.
CREATE TABLE watch_legal (
    camera_id       BYTEA  NOT NULL PRIMARY KEY REFERENCES watch_camera (id), -- whose card
    controller      TEXT,                        -- pengendali data: the office that answers by law
    purpose         TEXT,                        -- security, disaster, traffic: what for
    basis           TEXT,                        -- the regulation or decree
    agreement       TEXT,                        -- number of the agreement with the owner
    agreement_until TEXT,                        -- day it ends
    sign_on_site    BIGINT,                      -- 1: a sign tells people; 0: none; unknown when empty
    zone            TEXT,                        -- publik | privat
    retention_days  BIGINT,                      -- how long pictures may be kept
    changed_us      BIGINT NOT NULL              -- when the card last changed
);

-- Who watched which camera from when to when.
CREATE TABLE watch_viewing (
    id          BYTEA  NOT NULL PRIMARY KEY,                    -- Id<Viewing>
    camera_id   BYTEA  NOT NULL REFERENCES watch_camera (id),   -- which
    layer       TEXT   NOT NULL,                                -- main | sub
    person_id   BYTEA  NOT NULL,                                -- Id<Person>, who
    login_id    BYTEA  NOT NULL,                                -- the session or token it hung on
    remote      TEXT,                                           -- address of the request that opened it
    media_remote TEXT,                                          -- address that pictures went to
    from_us     BIGINT NOT NULL,                                -- when it was let in
    to_us       BIGINT,                                         -- when it ended; see invariant 4
    sent_bytes  BIGINT,                                         -- octets sent, repairs included
    lost_frames BIGINT,                                         -- frames the viewer was too slow for
    ended_by    TEXT                                            -- end | restart; empty while it lasts
);
CREATE INDEX watch_viewing_camera ON watch_viewing (camera_id, from_us);
CREATE INDEX watch_viewing_open ON watch_viewing (ended_by);

-- Pictures that somebody kept, with the reason.
CREATE TABLE watch_still (
    id          BYTEA  NOT NULL PRIMARY KEY,                    -- Id<Blob> of the row, not of the bytes
    camera_id   BYTEA  NOT NULL REFERENCES watch_camera (id),   -- which camera
    layer       TEXT   NOT NULL,                                -- main | sub
    picture_us  BIGINT NOT NULL,                                -- when the picture arrived
    saved_us    BIGINT NOT NULL,                                -- when it was kept
    person_id   BYTEA  NOT NULL,                                -- by whom
    reason      TEXT   NOT NULL,                                -- what for, in his words
    sha256      TEXT   NOT NULL                                 -- of the JPEG, which lies in the blobs
);
CREATE INDEX watch_still_camera ON watch_still (camera_id, picture_us);
