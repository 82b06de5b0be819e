//! Mistakes in the very lines of a configuration that hold a secret: the error
//! says where, and never what stands there.

use std::fs;

use super::{cluster, settings};
use crate::support::leaks::Search;
use crate::support::service::Service;

const CORE: &str = "MistypedSecret1";

/// Lines of `mail.smtp` with a mistake; `SECRET` stands for one.
const IN_THE_SMTP_SECTION: [&str; 25] = [
    "password: [SECRET]",
    "password: {SECRET: x}",
    "password: {a: SECRET}",
    "pasword: SECRET",
    "password: \"SECRET",
    "password: 'SECRET",
    "password: \"SECRET\" and more",
    "password: SECRET: and more",
    "password SECRET",
    "password: @SECRET",
    "password: `SECRET",
    "password: %SECRET",
    "password: *SECRET",
    "password: &SECRET x",
    "password: !SECRET x",
    "password: !<SECRET> x",
    "password: {a: SECRET",
    "password: \"SECRET\\q\"",
    "password: \"SECRET\\n\"",
    "password: \"SECRET\u{7}\"",
    "password: SECRET\n    password: SECRET",
    "password: |\n   SECRET\n SECRET",
    "<<: *SECRET",
    "\tpassword: SECRET",
    "password: SECRET\n    password_file: /dev/null",
];

/// Whole lines beside a section `mail` that is right.
const AT_THE_TOP: [&str; 15] = [
    "receiver: {token: \"SECRET SECRET\"}",
    "receiver: {token: [SECRET]}",
    "receiver: {tokens: SECRET}",
    "receiver: SECRET",
    "redis: {address: \"user:SECRET@host:1\"}",
    "redis: redis://user:SECRET@host",
    "repo_check: {api_url: \"http://user:SECRET@host:port\"}",
    "repo_check: {api_url: \"ftp://user:SECRET@host\"}",
    "repo_check: {restic_flags: \"-o 'SECRET\"}",
    "alertmanager: {url: \"http://user:SECRET@host:port\"}",
    "destinations: SECRET",
    "destinations: {d: SECRET}",
    "destinations: {d: {password: [SECRET]}}",
    "destinations: {d: {pasword: SECRET}}",
    "destinations: {d: {url: [\"s3:http://user:SECRET@host\"]}}",
];

#[test]
fn no_mistake_in_a_line_with_a_secret_shows_it() {
    let cluster = cluster();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("service.log");
    let mut service = Service::launch(&settings(&cluster, &log).to_string(), &[]);
    assert!(service.term().success());

    let mut search = Search::default();
    search.secret(CORE);
    let mail = "mail:\n  from: monitor@example.org\n  to: [admin@example.org]\n";
    let own = "  transport: smtp\n  smtp:\n    host: mx.example.org\n    username: u\n    ";
    let in_smtp = IN_THE_SMTP_SECTION.map(|line| format!("{mail}{own}{line}\n"));
    let at_the_top = AT_THE_TOP.map(|line| format!("{mail}{line}\n"));
    for text in in_smtp.iter().chain(&at_the_top) {
        let text = text.replace("SECRET", CORE);
        fs::write(service.config_file(), &text).unwrap();
        for (command, code) in [
            (&["config", "check"][..], 2),
            (&["serve"], 2),
            (&["test-mail"], 3),
        ] {
            let output = service.run_by(&["timeout", "20"], command);
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{text}\n{said}");
            assert!(said.contains("config.yml"), "{text}\n{said}");
            search.place(format!("{command:?} about {text:?}"), output.stdout);
            search.place(format!("{command:?} about {text:?}"), output.stderr);
        }
    }
    let broken = [
        mail.as_bytes(),
        b"receiver: {token: ",
        CORE.as_bytes(),
        b"\xff}\n",
    ]
    .concat();
    fs::write(service.config_file(), broken).unwrap();
    search.output(&["bytes"], &service.run(&["config", "check"]));
    search.nothing_is_found();
}
