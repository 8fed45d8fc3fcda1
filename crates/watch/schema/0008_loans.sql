-- Cameras lent to other systems, which take their pictures by RTSP.
--
-- Invariants
--   1. The secret of a loan is shown once and lies nowhere. What proofs are judged by is
--      sealed by the hall's vault for exactly that row.
--   2. A loan has an end from its beginning, and is never changed but for being revoked.
--   3. A row stays for good: that cameras were lent, to whom and by whom, outlives it.
--   4. Its viewings are rows of watch_viewing like all others; whoever gave it answers for
--      them there, and loan_id says that it was not he who looked.

-- What was lent to whom.
CREATE TABLE watch_loan (
    id           BYTEA  NOT NULL PRIMARY KEY, -- Id<Loan>
    name         TEXT   NOT NULL,             -- which system, whose, in the words of who lent it
    username     TEXT   NOT NULL UNIQUE,      -- what that system calls itself here
    proof_sealed BYTEA  NOT NULL,             -- MD5(user:realm:secret) of RFC 2617; by hall vault
    sound        BIGINT NOT NULL,             -- 1: also what these cameras hear, where that may be heard
    person_id    BYTEA  NOT NULL,             -- Id<Person>, who lent
    person_name  TEXT   NOT NULL,             -- his name on that day
    given_us     BIGINT NOT NULL,             -- when
    until_us     BIGINT NOT NULL,             -- until before when it counts
    revoked_us   BIGINT,                      -- when somebody has ended it
    revoked_by   BYTEA,                       -- Id<Person>, who
    first_us     BIGINT,                      -- when it was first used
    used_us      BIGINT,                      -- when a picture was last asked for by it
    address      TEXT                         -- where it was last used from
);

-- Which cameras.
CREATE TABLE watch_loan_camera (
    loan_id   BYTEA NOT NULL REFERENCES watch_loan (id),   -- by which
    camera_id BYTEA NOT NULL REFERENCES watch_camera (id), -- which
    PRIMARY KEY (loan_id, camera_id)
);
CREATE INDEX watch_loan_camera_camera ON watch_loan_camera (camera_id);

-- The loan by which it was watched; empty where a person or a screen did.
ALTER TABLE watch_viewing ADD COLUMN loan_id BYTEA;
