use std::fs;

use tempfile::TempDir;

use super::*;

struct Written {
    dir: TempDir,
    writer: Connection,
    carrier: Carrier,
}

impl Written {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let open = || Connection::open(dir.path().join("a.db")).unwrap();
        let mut writer = open();
        writer
            .pragma_update(None, "journal_mode", "wal")
            .and_then(|()| writer.execute_batch("CREATE TABLE t (x BLOB)"))
            .unwrap();
        let carrier = Carrier::start(&mut writer, open()).unwrap();
        Self {
            dir,
            writer,
            carrier,
        }
    }

    fn commit(&self, bytes: u64) {
        let sql = format!("INSERT INTO t VALUES (zeroblob({bytes}))");
        self.writer.execute_batch(&sql).unwrap();
    }

    /// Ends when all of the log is in the database file.
    fn carry_over(&mut self) {
        self.carrier.between_commits(&self.writer);
        assert!(self.carrier.at_work, "it was not due");
        while self.carrier.at_work {
            std::thread::yield_now();
            self.carrier.between_commits(&self.writer);
        }
    }

    /// Carries over when it last was `rest` ago, and begins the log anew.
    fn begin_anew(&mut self, rest: Duration) {
        self.carrier.carried = Instant::now().checked_sub(rest);
        self.carry_over();
        self.commit(1);
    }

    fn log(&self) -> u64 {
        let log = self.dir.path().join("a.db-wal");
        fs::metadata(log).unwrap().len()
    }
}

const MIB: u64 = 1024 * 1024;

#[test]
fn in_a_flood_the_log_keeps_its_size_and_is_cut_once_it_is_calm() {
    let mut db = Written::new();
    db.commit(12 * MIB);
    db.begin_anew(PACE);
    assert!(db.log() > 12 * MIB, "cut to {} bytes", db.log());

    db.begin_anew(CALM);
    assert_eq!(db.log(), LOG_KEPT.unsigned_abs());
}

#[test]
fn what_is_kept_in_a_flood_has_a_bound() {
    let mut db = Written::new();
    db.commit(80 * MIB);
    db.begin_anew(PACE);
    assert_eq!(db.log(), KEPT.unsigned_abs());
}

#[test]
fn in_a_flood_the_log_is_carried_over_only_now_and_then() {
    let mut db = Written::new();
    db.carrier.carried = Some(Instant::now() + PACE);
    db.commit(12 * MIB);
    db.carrier.between_commits(&db.writer);
    assert!(!db.carrier.at_work, "too soon");
    db.commit(64 * MIB);
    db.carry_over();
}
