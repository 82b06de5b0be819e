//! Kills while a run is watched that no alert tells of.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use jiff::Timestamp;
use rustix::process::Signal;

use super::points::{repository, settle, times};
use super::{account, configuration, message_id, pending};
use crate::probe::support;
use crate::support::process::wait_until;
use crate::support::redis::Cluster;
use crate::support::service::Service;
use crate::support::smtp::{MailServer, Step};

const MODULES: [&str; 2] = ["mail1", "samba1"];
/// From the moment that a schedule is set to its elapse.
const SOON: i64 = 5;

fn now() -> i64 {
    Timestamp::now().as_second()
}

/// So many plans, backed up yesterday.
fn cluster(plans: usize) -> Cluster {
    let cluster = Cluster::start();
    for module in MODULES {
        cluster.module(module, 1);
    }
    cluster.destination("d-1");
    for plan in ids(plans) {
        cluster
            .plan(&plan, &format!("Plan {plan}"))
            .not_due_for_hours()
            .destination("d-1")
            .instances(MODULES);
        for module in MODULES {
            let yesterday = now() - 86_400;
            cluster.status_a(1, &plan, module, yesterday, yesterday + 60, 0);
        }
    }
    cluster
}

fn ids(plans: usize) -> impl DoubleEndedIterator<Item = String> {
    (1..=plans).map(|plan| plan.to_string())
}

/// Starts the service, and lets all plans fire in a moment: it knows, and they
/// have not fired yet.
fn about_to_fire(cluster: &Cluster, text: &str, plans: usize) -> Service {
    let service = Service::start(text, &[]);
    wait_until("the first look", || {
        service.log().contains("looked at for the first time")
    });
    loop {
        let elapse = now() + SOON;
        let at = Timestamp::from_second(elapse).unwrap();
        let schedule = at.strftime("*-*-* %H:%M:%S UTC").to_string();
        for plan in ids(plans) {
            cluster.hset(&format!("cluster/backup/{plan}"), "schedule", &schedule);
        }
        wait_until("the schedules to be seen, or to be over", || {
            service.signal(Signal::USR1);
            now() >= elapse || seen(&service, elapse) == plans
        });
        // On a machine that is too busy: again.
        if now() < elapse {
            return service;
        }
    }
}

/// How many plans are known to fire then.
fn seen(service: &Service, elapse: i64) -> usize {
    let page = service.get("/metrics").text();
    let next = |line: &&str| {
        let value = line.strip_prefix("backup_monitor_plan_next_run_timestamp_seconds{")?;
        let value: f64 = value.rsplit_once(' ')?.1.parse().ok()?;
        #[allow(clippy::cast_precision_loss, reason = "seconds since 1970")]
        Some((value - elapse as f64).abs() < 0.5)
    };
    let lines = page.lines();
    lines.filter(|line| next(line) == Some(true)).count()
}

/// Waits for the elapse, and lets all of a plan be backed up; `mail1` fails.
fn fails(cluster: &Cluster, plan: &str) {
    for (module, errors) in MODULES.into_iter().zip([1, 0]) {
        cluster.status_a(1, plan, module, now() - 1, now(), errors);
    }
}

fn wait_for_the_elapse() {
    thread::sleep(Duration::from_secs(SOON.unsigned_abs() + 1));
}

#[test]
fn killed_while_the_repositories_are_asked_it_reports_the_run_once() {
    let (cluster, mail) = (cluster(1), MailServer::start());
    let folder = tempfile::tempdir().unwrap();
    let (hold, asked) = (folder.path().join("hold"), folder.path().join("asked"));
    fs::write(&hold, "").unwrap();
    let wait = format!(
        ": >{}; while [ -e {} ]; do sleep 0.05; done; echo '[]'",
        asked.display(),
        hold.display()
    );
    repository(folder.path(), "d-1", &wait);
    let text = configuration(&cluster, &mail, "admin@example.org")
        + &format!(
            "repo_check: {{method: restic, restic: {}}}\n\
             destinations:\n  d-1: {{url: {root}/d-1, password: x}}\n",
            support("fake_restic.sh").display(),
            root = folder.path().display(),
        );
    let mut service = about_to_fire(&cluster, &text, 1);
    wait_for_the_elapse();
    fails(&cluster, "1");
    service.signal(Signal::USR1);
    wait_until("the question to the destination", || {
        service.signal(Signal::USR1);
        asked.exists()
    });
    service.kill9();
    assert!(mail.received().is_empty());
    fs::remove_file(&hold).unwrap();
    service.relaunch();
    wait_until("the mail, noted", || {
        !mail.received().is_empty() && pending(&service).deliveries == 0
    });
    settle(&mut service);
    assert_eq!(times(&service, &mail), [("1".into(), 1)]);
}

#[test]
fn killed_between_the_report_on_a_run_and_its_delivery_it_sends_the_stored_mail() {
    let (cluster, mail) = (cluster(1), MailServer::start());
    mail.hold(Step::Recipient);
    let text = configuration(&cluster, &mail, "admin@example.org");
    let mut service = about_to_fire(&cluster, &text, 1);
    wait_for_the_elapse();
    fails(&cluster, "1");
    wait_until("the report", || {
        service.signal(Signal::USR1);
        pending(&service).deliveries == 1
    });
    service.kill9();
    assert!(mail.received().is_empty());
    mail.release();
    settle(&mut service);
    // One report, and one mail that carries the stored Message-ID.
    assert_eq!(times(&service, &mail), [("1".into(), 1)]);
}

/// Before the elapse, while applications report, while the run is judged, while
/// its mail leaves.
#[test]
fn kills_at_random_moments_of_runs_leave_one_report_on_each() {
    const PLANS: usize = 8;
    let seed = std::env::var("NBM_CRASH_SEED")
        .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("NBM_CRASH_SEED={seed} chooses the same delays again");
    let mut random = Rng::with_seed(seed);
    let (cluster, mail) = (cluster(PLANS), MailServer::start());
    let text =
        configuration(&cluster, &mail, "lag@example.org") + "repo_check: {method: \"off\"}\n";
    let mut service = about_to_fire(&cluster, &text, PLANS);
    let mut kills = 0;
    // The nodes' part: after the elapse, one application after another.
    let mut reports: Vec<(&str, u32, String)> = MODULES
        .into_iter()
        .zip([1, 0])
        .flat_map(|(module, errors)| ids(PLANS).map(move |plan| (module, errors, plan)))
        .rev()
        .collect();
    let fired = Instant::now() + Duration::from_secs(SOON.unsigned_abs() + 1);
    while !reports.is_empty() {
        thread::sleep(Duration::from_millis(random.u64(20..700)));
        if random.bool() {
            service.kill9();
            kills += 1;
            service.relaunch();
        }
        if Instant::now() > fired
            && let Some((module, errors, plan)) = reports.pop()
        {
            cluster.status_a(1, &plan, module, now() - 1, now(), errors);
        }
    }
    eprintln!("{kills} kills");
    assert!(kills >= 5, "{kills}");
    // The last one is seen at the next start.
    service.relaunch();
    wait_until("a mail on each", || {
        let ids: BTreeSet<String> = mail.received().iter().map(message_id).collect();
        ids.len() >= PLANS
    });
    settle(&mut service);
    let told: Vec<String> = account(&service, &mail.received())
        .into_keys()
        .map(|plan| plan.to_string())
        .collect();
    assert_eq!(told, ids(PLANS).collect::<Vec<_>>());
}
