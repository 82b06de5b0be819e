//! From the first format to the second: every run has its report, so lists and
//! strips are read from narrow rows, and bodies lie in tables of their own.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::Deserialize;

use crate::model::RunKind;
use crate::store::StoreError;
use crate::store::columns::{Named as _, micros};

/// Columns behind a long text are slow to reach: bodies have to go first.
const REPORTS: &str = "
-- The whole of a report, as JSON.
CREATE TABLE report_body (
    report INTEGER PRIMARY KEY REFERENCES report (id) ON DELETE CASCADE,
    body   TEXT NOT NULL
) STRICT;
INSERT INTO report_body (report, body) SELECT id, body FROM report ORDER BY id;
ALTER TABLE report DROP COLUMN body;

-- The same, shortened, of old good runs: a report has its body here or there.
-- Rows that shrink where they lie would leave half of each page empty.
CREATE TABLE report_short (
    report INTEGER PRIMARY KEY REFERENCES report (id) ON DELETE CASCADE,
    body   TEXT NOT NULL
) STRICT;

ALTER TABLE report ADD COLUMN run_kind TEXT NOT NULL DEFAULT 'as_found';
ALTER TABLE report ADD COLUMN at       INTEGER;
ALTER TABLE report ADD COLUMN took     INTEGER;
-- Set once it was old enough to be shortened, whether it was or not.
ALTER TABLE report ADD COLUMN settled  INTEGER NOT NULL DEFAULT 0;
CREATE INDEX report_made ON report (made_at);
CREATE INDEX report_fresh ON report (made_at) WHERE settled = 0;
CREATE INDEX report_strip ON report (plan, coalesce(at, made_at)) WHERE kind = 'run';
";

const REST: &str = "
-- Runs that nobody could judge: they have a place in a strip and no report.
CREATE TABLE unjudged (
    plan     TEXT NOT NULL,
    run      TEXT NOT NULL,
    run_kind TEXT NOT NULL,
    at       INTEGER NOT NULL,
    took     INTEGER,
    bad      INTEGER NOT NULL,
    counted  INTEGER NOT NULL,
    PRIMARY KEY (plan, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX unjudged_strip ON unjudged (plan, at);

-- What is known of the cluster between two looks, as JSON.
CREATE TABLE watch_whole (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    body TEXT NOT NULL
) STRICT;
CREATE TABLE watch_plan (
    plan TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
) STRICT;

-- What is counted and not forgotten with the rows it was counted from.
CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter (name, value)
    SELECT 'alerts', coalesce(sum(count), 0) FROM alert
    UNION ALL
    SELECT 'mails_sent', count(*) FROM recipient WHERE state = 'sent'
    UNION ALL
    SELECT 'mails_given_up', count(*) FROM recipient
        WHERE state IN ('refused', 'undeliverable')
    UNION ALL
    SELECT 'reports_' || outcome, count(*) FROM report GROUP BY outcome;

CREATE INDEX alert_done ON alert (last_seen) WHERE waiting_since IS NULL;
CREATE INDEX mail_full ON mail (queued_at) WHERE length(raw) > 0;
CREATE INDEX recipient_lost ON recipient (changed_at)
    WHERE state IN ('refused', 'undeliverable');
";

/// What a report says of its run, where it is new enough to say it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct OfRun {
    run_kind: RunKind,
    at: Option<Timestamp>,
    took_s: Option<i64>,
}

/// Everything is done in the transaction of the caller.
pub(super) fn up(db: &Connection) -> Result<(), StoreError> {
    db.execute_batch(REPORTS)?;
    fill_columns(db)?;
    db.execute_batch(REST)?;
    Ok(())
}

/// A body that cannot be read says nothing of its run, and is no reason not to
/// start.
fn fill_columns(db: &Connection) -> Result<(), StoreError> {
    let mut bodies = db.prepare("SELECT report, body FROM report_body")?;
    let mut update =
        db.prepare("UPDATE report SET run_kind = ?2, at = ?3, took = ?4 WHERE id = ?1")?;
    let mut rows = bodies.query([])?;
    while let Some(row) = rows.next()? {
        let body: String = row.get("body")?;
        let run: OfRun = serde_json::from_str(&body).unwrap_or_default();
        update.execute(params![
            row.get::<_, i64>("report")?,
            run.run_kind.name(),
            run.at.map(micros),
            run.took_s,
        ])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
