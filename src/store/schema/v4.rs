//! From the third format to the fourth: what tells alerts apart begins with their
//! start.

use rusqlite::{Connection, Row, params};

use crate::store::StoreError;
use crate::store::inbox::identity;

/// Everything is done in the transaction of the caller.
pub(super) fn up(db: &Connection) -> Result<(), StoreError> {
    let mut alerts =
        db.prepare("SELECT id, name, state, labels, starts_at FROM alert ORDER BY id")?;
    // Two that were told apart by less than what is stored stay two; the next repeat
    // counts for the first.
    let mut update = db.prepare("UPDATE OR IGNORE alert SET identity = ?2 WHERE id = ?1")?;
    let mut rows = alerts.query([])?;
    while let Some(row) = rows.next()? {
        // One that cannot be read is never found again, and is no reason not to
        // start.
        if let Ok((id, identity)) = made_anew(row) {
            update.execute(params![id, identity])?;
        }
    }
    Ok(())
}

fn made_anew(row: &Row<'_>) -> rusqlite::Result<(i64, Vec<u8>)> {
    let text = |column| row.get::<_, String>(column);
    let (name, state, labels) = (text("name")?, text("state")?, text("labels")?);
    let identity = identity(&name, &state, &labels, row.get("starts_at")?);
    Ok((row.get("id")?, identity))
}

#[cfg(test)]
mod tests;
