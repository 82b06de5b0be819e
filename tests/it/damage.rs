//! A damaged database: it is put aside, and monitoring goes on.

use std::fs;
use std::path::{Path, PathBuf};

use mail_parser::MessageParser;

use crate::crash::{alert, configuration, failed_plan, fine_plan, pending, webhook};
use crate::support::process::wait_until;
use crate::support::redis::Cluster;
use crate::support::service::Service;
use crate::support::smtp::MailServer;

/// What the mail says of it.
const TOLD: &str = "database was damaged";
/// What the log says of it.
const LOGGED: &str = "the database was damaged and lies now in";

struct World {
    service: Service,
    mail: MailServer,
    cluster: Cluster,
}

/// Plan 1 has failed and was reported.
fn world() -> World {
    let (cluster, mail) = (Cluster::start(), MailServer::start());
    cluster.module("mail1", 1);
    cluster.destination("d-1");
    failed_plan(&cluster, "1", "d-1");
    let text =
        configuration(&cluster, &mail, "admin@example.org") + "repo_check: {method: \"off\"}\n";
    let world = World {
        service: Service::start(&text, &[]),
        mail,
        cluster,
    };
    world.letters(1);
    world
}

impl World {
    /// Waits for so many mails, and until nothing is left to do; their texts.
    #[track_caller]
    fn letters(&self, number: usize) -> Vec<String> {
        wait_until("the mails", || self.mail.received().len() >= number);
        wait_until("everything to be delivered", || {
            let pending = pending(&self.service);
            (pending.alerts, pending.deliveries) == (0, 0)
        });
        let received = self.mail.received();
        assert_eq!(received.len(), number);
        received.iter().map(|mail| text(&mail.raw)).collect()
    }

    fn database(&self) -> PathBuf {
        self.service.state_dir().join("state.db")
    }

    fn put_aside(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.service.state_dir()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let aside = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("state.db.damaged-") && name.ends_with('Z')
        };
        paths.filter(aside).collect()
    }

    /// It runs, has forgotten everything, takes alerts and reports. Who reads
    /// the mails is told once.
    #[track_caller]
    fn goes_on(&self) {
        self.service.wait_until_ready();
        let log = self.service.latest_log();
        assert_eq!(log.matches(LOGGED).count(), 1, "{log}");
        assert_eq!(self.put_aside().len(), 1);
        // The plan that is bad still, found as at a first start.
        let letters = self.letters(2);
        assert!(letters[1].contains(TOLD), "{}", letters[1]);
        fine_plan(&self.cluster, "2", "d-1");
        let answer = self.service.post_alert(&webhook(&[alert("2")]));
        assert_eq!(answer.status(), 200, "{answer:?}");
        let letters = self.letters(3);
        assert!(letters[2].contains("Plan 2"), "{}", letters[2]);
        assert!(!letters[2].contains(TOLD), "{}", letters[2]);
        let list = self.service.run(&["report", "list"]);
        let list = String::from_utf8(list.stdout).unwrap();
        assert_eq!(list.lines().count(), 3, "{list}");
    }
}

fn text(raw: &[u8]) -> String {
    let mail = MessageParser::default().parse(raw).expect("a message");
    mail.body_text(0).expect("a text").into_owned()
}

/// Everything behind the first page.
fn ruin(database: &Path) {
    let mut bytes = fs::read(database).unwrap();
    for byte in bytes.iter_mut().skip(4096) {
        *byte ^= 0xff;
    }
    fs::write(database, bytes).unwrap();
}

#[test]
fn a_service_with_a_damaged_database_begins_anew_and_reports() {
    let mut world = world();
    assert!(world.service.term().success());
    fs::write(world.database(), "no database any more").unwrap();

    let command = world.service.run(&["report", "list"]);
    let said = String::from_utf8_lossy(&command.stderr);
    assert!(!command.status.success(), "{said}");
    assert!(said.contains("the database is damaged"), "{said}");
    assert_eq!(world.put_aside().len(), 0, "only the service does that");

    world.service.relaunch();
    world.goes_on();
}

#[test]
fn a_database_that_is_damaged_while_in_use_is_put_aside_by_the_next_start() {
    let mut world = world();
    {
        // As after any command beside the service, what it has in its memory
        // does not count any more.
        let beside = rusqlite::Connection::open(world.database()).unwrap();
        beside
            .execute_batch(
                "INSERT INTO meta VALUES ('test', '1'); PRAGMA wal_checkpoint(TRUNCATE);",
            )
            .unwrap();
        ruin(&world.database());
    }
    // systemd starts it again.
    assert_eq!(world.service.wait().code(), Some(1));
    let log = world.service.latest_log();
    assert!(log.contains("the database is damaged ("), "{log}");
    assert_eq!(world.put_aside().len(), 0);
    world.service.relaunch();
    world.goes_on();
}
