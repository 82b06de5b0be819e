//! An installation that was restored into another cluster.

use rustix::process::Signal;

use super::{MEMBERS, Watch, configuration, good_cluster};
use crate::support::process::{free_port, wait_until};

/// The mail server of the old cluster does not answer from here.
fn nobody_takes_mails(watch: &Watch) -> String {
    let file = format!(
        "transport: file, directory: {}",
        watch.folder.path().join("mails").display()
    );
    let nobody = format!(
        "transport: smtp, smtp: {{host: 127.0.0.1, port: {}, encryption: none}}",
        free_port()
    );
    let right = configuration(&watch.folder, &watch.cluster.redis.address().to_string());
    assert!(right.contains(&file));
    right.replace(&file, &nobody)
}

fn queued(watch: &Watch, mails: u8) -> bool {
    let page = watch.service.get("/metrics").text();
    let line = format!("backup_monitor_mails_queued {mails}");
    page.lines().any(|seen| seen == line)
}

/// R6.8: until it is known whose cluster this is, what was queued is not sent,
/// though a mail server answers now.
#[test]
fn what_was_queued_elsewhere_is_not_sent_before_the_cluster_was_seen() {
    let mut watch = Watch::over(good_cluster());
    let right = configuration(&watch.folder, &watch.cluster.redis.address().to_string());
    std::fs::write(watch.service.config_file(), nobody_takes_mails(&watch)).unwrap();
    watch.service.restart();
    for (module, _) in MEMBERS {
        watch.backed_up(module, 1);
    }
    wait_until("the mail to wait for its server", || queued(&watch, 1));

    watch.service.kill9();
    watch.cluster.set("cluster/uuid", "another-one");
    for (module, _) in MEMBERS {
        watch.writes(module, 0);
    }
    watch.cluster.command(&["SAVE"]);
    watch.cluster.redis.crash();
    std::fs::write(watch.service.config_file(), right).unwrap();
    watch.service.relaunch();
    wait_until("Redis to be missed", || {
        watch.service.latest_log().contains("cannot be read")
    });
    // Which makes every queued mail due.
    watch.service.signal(Signal::HUP);
    wait_until("the reload", || {
        watch.service.latest_log().contains("is in force")
    });

    watch.cluster.restart();
    watch.service.wait_until_ready();
    wait_until("the new cluster to be recognized", || {
        watch.service.latest_log().contains("restored or cloned")
    });
    wait_until("nothing to be queued any more", || queued(&watch, 0));
    assert_eq!(watch.mails(), Vec::<String>::new());
}
