/** What the index is asked and told, as SQL. The parameters are those of the rows in schema.ts and of the store's questions. */

const range = 'id >= ? AND id < ?'
const due = '(due <= @running OR tried < @hurried OR (unsure = 0 AND tried < @call AND tried + @flap <= @running))'
const since = 'max(running, tried)'
/** Sizes and priority stand in the index: only what they do not let through is looked at in its row. */
const within = `(size > @alone OR (size <= @most AND (size <= @paid OR priority = 0 OR ${since} <= @since)))`
const row = 'SELECT id, unsure, priority, size, facts FROM delivery'

export type StatementName =
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'insert'
  | 'update'
  | 'gone'
  | 'move'
  | 'place'
  | 'places'
  | 'row'
  | 'rows'
  | 'lasts'
  | 'above'
  | 'level'
  | 'next'
  | 'earliest'
  | 'waitsSince'
  | 'aged'
  | 'unfinished'
  | 'states'
  | 'due'
  | 'totals'
  | 'backlog'
  | 'urgent'
  | 'mark'
  | 'forget'
  | 'ledger'
  | 'serve'
  | 'prune'
  | 'served'
  | 'remember'
  | 'erase'
  | 'fact'
  | 'facts'

export const texts: Readonly<Record<StatementName, string>> = {
  begin: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  insert: `INSERT OR IGNORE INTO delivery VALUES (@id, @courier, @state, @unsure, @priority, @size, @due, @tried, @line, @running, @warned, @owes, @place, @segments, @facts)`,
  update:
    'UPDATE delivery SET state = @state, unsure = @unsure, due = @due, tried = @tried, warned = @warned, owes = @owes, facts = @facts WHERE id = @id',
  gone: `DELETE FROM delivery WHERE ${range}`,
  move: `UPDATE delivery SET place = ?, segments = ? WHERE ${range}`,
  place: `SELECT place, segments, size FROM delivery WHERE ${range} LIMIT 1`,
  // A letter's first row lies as long as the letter.
  places: 'SELECT id, place, segments, size FROM delivery WHERE id >= ? AND id % 65536 = 0 ORDER BY id LIMIT ?',
  row: `${row} WHERE id = ?`,
  rows: `${row} WHERE ${range}`,
  lasts: `SELECT 1 FROM delivery WHERE ${range} AND id <> ? AND (owes OR state IN ('waiting', 'trying', 'held')) LIMIT 1`,
  above: 'SELECT min(id) AS id FROM delivery WHERE id >= ?',
  // In two steps: of (unsure, priority, size, id) > (...) as one SQLite seeks the first three alone, and letters of one size are many.
  level: `${row} WHERE state = 'waiting' AND courier = @courier AND unsure = @unsure AND priority = @priority AND size = @size AND id > @id AND ${due} AND ${within}
    ORDER BY id LIMIT 1`,
  next: `${row} WHERE state = 'waiting' AND courier = @courier AND (unsure, priority, size) > (@unsure, @priority, @size) AND ${due} AND ${within}
    ORDER BY unsure, priority, size, id LIMIT 1`,
  earliest: `SELECT min(CASE WHEN tried < @hurried THEN 0 WHEN unsure = 0 AND tried < @call THEN min(due, tried + @flap) ELSE due END) AS at
    FROM delivery WHERE state = 'waiting' AND courier = @courier AND ${within}`,
  waitsSince: `SELECT min(${since}) AS at FROM delivery WHERE state = 'waiting' AND courier = @courier AND ${since} > @since`,
  aged: `${row} WHERE state = 'waiting' AND courier = @courier AND id > @after
    AND (line <= @line OR running <= @running OR (warned = 0 AND (line <= @lateLine OR running <= @lateRunning))) ORDER BY id LIMIT @many`,
  unfinished: `${row} WHERE id > ? AND (owes OR state NOT IN ('waiting', 'held')) ORDER BY id LIMIT ?`,
  states: 'SELECT courier, state, count(*) AS n FROM delivery GROUP BY courier, state',
  due: `SELECT count(*) AS n FROM delivery WHERE state = 'waiting' AND courier = @courier AND ${due}`,
  totals: `SELECT count(*) AS letters, sum(size) AS octets, min(line) AS line, min(running) AS running
    FROM (SELECT size, line, running FROM delivery GROUP BY id / 65536)`,
  // Since when: kept, or tried in vain.
  backlog: `SELECT count(*) AS letters, sum(size) AS octets, coalesce(sum(priority = 2), 0) AS bulk, min(since) AS since
    FROM (SELECT size, priority, min(max(running, tried)) AS since FROM delivery WHERE state IN ('waiting', 'trying') AND courier = ? GROUP BY id / 65536)`,
  urgent: `SELECT id FROM delivery WHERE state = 'waiting' AND courier = ? AND unsure = 0 AND priority = 0 AND tried < 0 LIMIT 1`,
  mark: 'INSERT INTO ledger VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state, message = coalesce(excluded.message, message)',
  forget: 'DELETE FROM ledger WHERE account = ? AND uidl = ?',
  ledger: 'SELECT uidl, state, message FROM ledger WHERE account = ?',
  serve: 'INSERT INTO served (fingerprint, who) VALUES (?, ?) ON CONFLICT DO UPDATE SET who = excluded.who',
  prune: 'DELETE FROM served WHERE id <= (SELECT max(id) FROM served) - ?',
  served: 'SELECT who FROM served WHERE fingerprint = ?',
  remember: 'INSERT INTO fact VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  erase: 'DELETE FROM fact WHERE key = ?',
  fact: 'SELECT value FROM fact WHERE key = ?',
  facts: 'SELECT key, value FROM fact WHERE key >= ? AND key < ?',
}
