-- Answers to requests that carried an Idempotency-Key, so that a repeated one
-- gets the same answer and has no second effect. Written in the transaction of
-- the effect. Rows older than three days are removed by later requests.

CREATE TABLE hall_idempotency (
    -- Whose key.
    person_id BYTEA NOT NULL,
    -- As the caller sent it.
    key TEXT NOT NULL,
    -- Method, blank, path with query.
    request TEXT NOT NULL,
    -- A code of the body under a key of the vault: equal bodies have equal codes,
    -- and nothing else can be told from it, since a body may hold a password.
    body_mac BYTEA NOT NULL,
    -- The answer: HTTP status, Location header and JSON body. Status 0: the answer
    -- held a secret and is not given twice.
    status BIGINT NOT NULL,
    location TEXT,
    body TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (person_id, key)
);
CREATE INDEX hall_idempotency_at ON hall_idempotency (at_us);
