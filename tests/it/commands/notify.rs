//! `check --notify` and `report resend`: mails from the command line, beside a
//! running service and without one.

use std::collections::BTreeSet;
use std::path::Path;

use super::{
    Ran, backup_failed, both_fine, configuration, mails_in, one_of_two_failed, program_for,
};
use crate::support::process::{free_port, wait_until};
use crate::support::service::Service;

fn message_ids(folder: &Path) -> BTreeSet<String> {
    let ids = mails_in(folder).into_iter().map(|path| {
        let mail = std::fs::read_to_string(path).unwrap();
        let line = mail.lines().find(|line| line.starts_with("Message-ID: "));
        line.expect("a Message-ID").to_owned()
    });
    ids.collect()
}

#[test]
fn without_a_service_the_mail_goes_out_before_the_command_ends() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    let ran = program
        .run(&["check", "--notify", "--format", "json"])
        .exits(1);
    assert_eq!(ran.json()["outcome"], "PARTIAL", "JSON alone on the output");
    assert!(ran.err.contains("Delivered to 1 recipient."), "{ran:?}");
    assert_eq!(mails_in(program.folder.path()).len(), 1);

    let shown = program
        .run(&["report", "show", "1", "--format", "json"])
        .exits(0);
    assert_eq!(shown.json()["deliveries"][0]["state"], "sent");

    // Asked for twice, mailed twice, and reported once.
    program.run(&["check", "--notify"]).exits(1);
    assert_eq!(message_ids(program.folder.path()).len(), 2);
    let list = program
        .run(&["report", "list", "--format", "json"])
        .exits(0);
    assert_eq!(list.json()["reports"].as_array().unwrap().len(), 1);

    let resent = program.run(&["report", "resend", "1"]).exits(0);
    assert!(
        resent.out.contains("Delivered to 1 recipient."),
        "{resent:?}"
    );
    assert_eq!(message_ids(program.folder.path()).len(), 3);
}

#[test]
fn beside_a_service_that_one_delivers() {
    let cluster = both_fine();
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&configuration(folder.path(), &cluster), &[]);
    let ran = Ran::of(service.run(&["check", "--notify"])).exits(0);
    assert!(
        ran.err.contains("The running service delivers it"),
        "{ran:?}"
    );
    wait_until("the mail", || mails_in(folder.path()).len() == 1);

    let resent = Ran::of(service.run(&["report", "resend", "1"])).exits(0);
    assert!(resent.out.contains("running service"), "{resent:?}");
    wait_until("the mail again", || mails_in(folder.path()).len() == 2);
    assert_eq!(message_ids(folder.path()).len(), 2);

    // The run was told: its alert needs no report of its own.
    assert_eq!(service.post_alert(&backup_failed("1")).status(), 200);
    assert_eq!(service.post_alert(&backup_failed("2")).status(), 200);
    wait_until("the next report", || {
        let list = Ran::of(service.run(&["report", "list", "--format", "json"]));
        list.json()["reports"].as_array().unwrap().len() == 2
    });
    let newest = Ran::of(service.run(&["report", "show", "2", "--format", "json"]));
    assert_eq!(newest.json()["report"]["kind"], "unknown_plan");
}

#[test]
fn a_mail_that_does_not_go_out_stays_for_the_service() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    let port = free_port();
    program.configure(&format!(
        "mail: {{from: a@example.org, to: [b@example.org], transport: smtp, \
         smtp: {{host: 127.0.0.1, port: {port}, encryption: none}}}}\n\
         redis: {{address: \"{}\"}}\nrepo_check: {{method: \"off\"}}\n",
        cluster.redis.address()
    ));
    let ran = program.run(&["check", "--notify"]).exits(1);
    assert!(
        ran.err.contains("1 that the service will try again"),
        "{ran:?}"
    );
    let resent = program.run(&["report", "resend", "1"]).exits(1);
    assert!(
        resent.out.contains("Not everything could be delivered"),
        "{resent:?}"
    );
    let shown = program.run(&["report", "show", "1"]).exits(0);
    assert!(
        shown.out.contains("b@example.org") && shown.out.contains("queued"),
        "{shown:?}"
    );
    for (mails, total) in [("queued", 1), ("undelivered", 0)] {
        let list = ["report", "list", "--mails", mails, "--format", "json"];
        assert_eq!(
            program.run(&list).exits(0).json()["total"],
            total,
            "{mails}"
        );
    }
}

#[test]
fn a_report_that_is_not_there_is_not_resent() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    program
        .run(&["report", "resend", "7"])
        .fails(1, &["there is no report 7", "report list"]);
    assert!(!program.state().exists());
}
