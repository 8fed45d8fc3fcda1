-- Who has looked at what a camera had shown, and what was saved of it.
--
-- Invariants
--   1. The last minute lies in memory alone; here stands who looked at it and when.
--   2. A clip is inserted with state 'begun' before its file has a name, and is 'kept' in the
--      transaction of its audit entry. What a crash leaves 'begun' is taken away by the next
--      start, with its file: there is no file without a row, and none that is a half.
--   3. A file is removed after its row says 'removed' and that is committed; gone_us says that
--      it is done, and until then each start and each hour tries again.
--   4. A row stays for good: that there was a clip, of what, whose and why, outlives it.

-- Who looked at the past of which camera.
CREATE TABLE watch_look (
    id          BYTEA  NOT NULL PRIMARY KEY,                    -- Id<Look>
    camera_id   BYTEA  NOT NULL REFERENCES watch_camera (id),   -- which
    layer       TEXT   NOT NULL,                                -- main | sub
    person_id   BYTEA  NOT NULL,                                -- Id<Person>, who
    login_id    BYTEA  NOT NULL,                                -- the session or token it hung on
    remote      TEXT,                                           -- address of the request
    opened_us   BIGINT NOT NULL,                                -- when he stepped back
    first_us    BIGINT NOT NULL,                                -- when the oldest picture shown had arrived
    last_us     BIGINT NOT NULL,                                -- when the newest picture shown had arrived
    ended_us    BIGINT,                                         -- when he was done; empty while it lasts and after a crash
    sent_bytes  BIGINT,                                         -- octets of pictures sent
    ended_by    TEXT                                            -- end | time | revoked | restart; empty while it lasts
);
CREATE INDEX watch_look_camera ON watch_look (camera_id, opened_us);
CREATE INDEX watch_look_open ON watch_look (ended_by);

-- Pieces of the past that were saved.
CREATE TABLE watch_clip (
    id              BYTEA  NOT NULL PRIMARY KEY,                    -- Id<Clip>
    camera_id       BYTEA  NOT NULL REFERENCES watch_camera (id),   -- which camera
    layer           TEXT   NOT NULL,                                -- main | sub
    first_us        BIGINT NOT NULL,                                -- when its first picture had arrived
    last_us         BIGINT NOT NULL,                                -- when its last picture had arrived
    frames          BIGINT NOT NULL,                                -- pictures in it
    gaps            BIGINT NOT NULL,                                -- times without pictures in it; the manifest has each
    purpose         TEXT   NOT NULL,                                -- keamanan | bencana | lalu_lintas | penegakan_hukum
    reason          TEXT   NOT NULL,                                -- what for, in the words of who saved it
    person_id       BYTEA  NOT NULL,                                -- Id<Person>, who saved it
    person_name     TEXT   NOT NULL,                                -- his name on that day
    saved_us        BIGINT NOT NULL,                                -- when
    until_us        BIGINT NOT NULL,                                -- when it is removed
    sha256          TEXT   NOT NULL,                                -- of the MP4, which lies in the blobs
    size_bytes      BIGINT NOT NULL,                                -- of the MP4
    manifest        TEXT   NOT NULL,                                -- JSON, to the octet what manifest_sha256 is of
    manifest_sha256 TEXT   NOT NULL,                                -- as the audit has it
    state           TEXT   NOT NULL,                                -- begun | kept | removed
    removed_us      BIGINT,                                         -- when the house removed it; its term was over then
    gone_us         BIGINT                                          -- when its file was seen to be gone
);
CREATE INDEX watch_clip_camera ON watch_clip (camera_id, first_us);
CREATE INDEX watch_clip_saved ON watch_clip (saved_us);
CREATE INDEX watch_clip_until ON watch_clip (state, until_us);
CREATE INDEX watch_clip_file ON watch_clip (sha256);
