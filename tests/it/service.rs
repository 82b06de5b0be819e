//! The service as a process: it starts, says where it listens, survives a
//! crash, and stops when asked.

use serde_json::json;

use crate::support::service::Service;

fn configuration() -> &'static str {
    "mail:\n  from: monitor@example.org\n  to: [admin@example.org]\n"
}

#[test]
fn it_says_where_it_listens_and_answers_there() {
    let mut service = Service::launch(configuration(), &[]);
    assert!(
        service.address().ip().is_loopback(),
        "{}",
        service.address()
    );
    assert_eq!(service.get("/healthz").status(), 200);
    assert_eq!(service.post_alert(&json!("no webhook")).status(), 400);
    assert!(service.term().success(), "{}", service.log());
}

#[test]
fn it_starts_again_after_a_crash() {
    let mut service = Service::launch(configuration(), &[]);
    service.kill9();
    service.relaunch();
    assert_eq!(service.get("/healthz").status(), 200);
}

#[test]
fn a_wrong_configuration_is_told_with_exit_code_2() {
    let service = Service::launch(configuration(), &[]);
    std::fs::write(service.config_file(), "mail: {}\n").unwrap();
    let output = service.run(&["config", "check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("mail.to"));
}
