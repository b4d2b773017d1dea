/**
 * The index over the log. One row a delivery; what belongs to its letter (size, place in the log) stands in each, since a table
 * of letters would cost two more page writes a letter. A text in this file, so that it is in the bundle.
 */
export const schema: string = `
CREATE TABLE IF NOT EXISTS delivery (
  id        INTEGER PRIMARY KEY,  -- letter * 65536 + copy
  courier   TEXT    NOT NULL,
  state     TEXT    NOT NULL,     -- waiting trying held done failed dropped
  unsure    INTEGER NOT NULL,
  priority  INTEGER NOT NULL,     -- 0 urgent, 1 normal, 2 bulk
  size      INTEGER NOT NULL,     -- octets of content
  due       INTEGER NOT NULL,     -- running time, ms
  tried     INTEGER NOT NULL,     -- running time, ms; -1 never
  line      INTEGER NOT NULL,     -- the counters when it was kept, ms
  running   INTEGER NOT NULL,
  warned    INTEGER NOT NULL,
  owes      INTEGER NOT NULL,     -- a notice
  place     INTEGER NOT NULL,     -- position of the letter record
  segments  TEXT,                 -- JSON: numbers of the other segments that hold its chunks
  facts     TEXT    NOT NULL      -- JSON: the state
);

-- The order within a courier's load. It covers the question what is due, so that what is not costs no look at its row.
CREATE INDEX IF NOT EXISTS waiting ON delivery (courier, unsure, priority, size, id, due, tried) WHERE state = 'waiting';

CREATE TABLE IF NOT EXISTS ledger (
  account TEXT NOT NULL,
  uidl    TEXT NOT NULL,
  state   TEXT NOT NULL,          -- kept noted removed
  message TEXT,
  PRIMARY KEY (account, uidl)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS served (
  id          INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE,
  who         TEXT NOT NULL       -- JSON
);

CREATE TABLE IF NOT EXISTS fact (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
`
