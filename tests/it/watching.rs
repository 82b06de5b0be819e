//! A stock cluster, which posts no alerts anywhere: what happens in it is
//! published on its Redis, or published and lost.

mod cluster_moves;
mod flood;
mod restored;
mod runs;

use std::path::PathBuf;

use jiff::Timestamp;
use mail_parser::MessageParser;
use tempfile::TempDir;

use crate::support::process::wait_until;
use crate::support::redis::{Cluster, NODE_PASSWORD};
use crate::support::resp::{Resp, RespClient};
use crate::support::service::Service;

/// `correlator.wait_seconds` of these tests.
const WAIT: u64 = 2;

/// The program on a cluster that posts no alert. It reads the cluster every
/// five minutes, as a stock one does.
struct Watch {
    cluster: Cluster,
    folder: TempDir,
    service: Service,
}

/// Plan 1, daily and long ago, of two applications on node 1 and one on node 2,
/// which all were backed up yesterday.
fn good_cluster() -> Cluster {
    let cluster = Cluster::start().node(2, "127.0.0.2", "Worker");
    fill(&cluster);
    cluster
}

const MEMBERS: [(&str, u32); 3] = [("mail1", 1), ("samba1", 1), ("nextcloud1", 2)];

fn fill(cluster: &Cluster) {
    let yesterday = now() - 86_400;
    for (module, node) in MEMBERS {
        cluster.module(module, node);
        cluster.status_a(node, "1", module, yesterday, yesterday + 60, 0);
    }
    cluster.destination("d-1").name("NAS");
    cluster
        .plan("1", "Nightly")
        .destination("d-1")
        .instances(MEMBERS.map(|(module, _)| module))
        .schedule(&daily_at(now() - 6 * 3600));
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

/// A schedule that fires at this second of every day.
fn daily_at(second: i64) -> String {
    let at = Timestamp::from_second(second).unwrap();
    format!("*-*-* {} UTC", at.strftime("%H:%M:%S"))
}

fn configuration(folder: &TempDir, redis: &str) -> String {
    format!(
        "mail: {{from: monitor@example.org, to: [admin@example.org], transport: file, \
         directory: {mails}}}\n\
         redis: {{address: \"{redis}\"}}\n\
         repo_check: {{method: \"off\"}}\n\
         correlator: {{wait_seconds: {WAIT}}}\n\
         logging: {{level: DEBUG}}\n",
        mails = folder.path().join("mails").display(),
    )
}

impl Watch {
    fn over(cluster: Cluster) -> Self {
        let own = cluster.redis.address().to_string();
        Self::at(cluster, &own)
    }

    /// On a node whose own Redis is at `own`.
    fn at(cluster: Cluster, own: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(&configuration(&folder, own), &[]);
        wait_until("the first look, and that after the subscription", || {
            service.log().matches("looked at the cluster").count() >= 2
        });
        Self {
            cluster,
            folder,
            service,
        }
    }

    /// As run-backup does after each application: its node writes the status,
    /// and says so.
    fn backed_up(&self, module: &str, errors: u32) {
        let node = self.writes(module, errors);
        let payload = format!(r#"{{"node_id": {node}, "backup_id": 1, "module_id": "{module}"}}"#);
        let channel = format!("node/{node}/event/backup-status-changed");
        let user = format!("node/{node}");
        let mut node = self.cluster.redis.login(&user, NODE_PASSWORD);
        assert!(
            publish(&mut node, &channel, &payload) >= 1,
            "nobody listens"
        );
    }

    /// The status alone; the event is lost.
    fn writes(&self, module: &str, errors: u32) -> u32 {
        let of = MEMBERS.iter().find(|(member, _)| *member == module);
        let node = of.expect("a member").1;
        self.cluster
            .status_a(node, "1", module, now() - 1, now(), errors);
        node
    }

    /// The subjects of the mails that were written.
    fn mails(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path().join("mails"));
        let paths = files.into_iter().flatten().map(|file| file.unwrap().path());
        let mails: Vec<PathBuf> = paths
            .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
            .collect();
        mails.iter().map(subject).collect()
    }

    /// A gauge of plan 1.
    fn gauge(&self, name: &str) -> Option<f64> {
        let page = self.service.get("/metrics").text();
        let start = format!("backup_monitor_{name}{{");
        let line = page.lines().find(|line| line.starts_with(&start))?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    /// How often the cluster was read.
    fn reads(&self) -> u64 {
        let info = self.cluster.command(&["INFO", "commandstats"]);
        let of = |line: &str| {
            let rest = line.strip_prefix("cmdstat_scan:calls=")?;
            rest.split(',').next()?.parse().ok()
        };
        info.text().lines().find_map(of).unwrap_or(0)
    }

    /// How many patterns are subscribed to at this Redis.
    fn patterns(&self) -> Resp {
        self.cluster.command(&["PUBSUB", "NUMPAT"])
    }
}

/// Returns how many heard it.
fn publish(as_whom: &mut RespClient, channel: &str, payload: &str) -> i64 {
    match as_whom.command(&["PUBLISH", channel, payload]) {
        Resp::Number(heard) => heard,
        other => panic!("{channel}: {other:?}"),
    }
}

fn subject(mail: &PathBuf) -> String {
    let raw = std::fs::read(mail).unwrap();
    let mail = MessageParser::default().parse(&raw).expect("a message");
    mail.subject().expect("a subject").to_owned()
}
