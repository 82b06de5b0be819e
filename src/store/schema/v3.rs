//! From the second format to the third: reports can be looked for by words.

use rusqlite::Connection;

use crate::model::ReportId;
use crate::store::{StoreError, body, search};

const WORDS: &str = "
-- What a report is found by, in small letters, a line each. It is there already
-- where only the number of the format was damaged.
CREATE TABLE IF NOT EXISTS report_words (
    report INTEGER PRIMARY KEY REFERENCES report (id) ON DELETE CASCADE,
    words  TEXT NOT NULL
) STRICT;
";

/// Everything is done in the transaction of the caller.
pub(super) fn up(db: &Connection) -> Result<(), StoreError> {
    db.execute_batch(WORDS)?;
    let mut bodies = db.prepare(
        "SELECT report, body FROM report_body UNION ALL SELECT report, body FROM report_short",
    )?;
    let mut rows = bodies.query([])?;
    while let Some(row) = rows.next()? {
        let body: String = row.get("body")?;
        // One that cannot be read is found by nothing, and is no reason not to
        // start.
        if let Ok(report) = body::read(&body) {
            search::put(db, ReportId(row.get("report")?), &search::words(&report))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
