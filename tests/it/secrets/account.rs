//! The module's own account, at the task API and at Redis, and the passwords of
//! an own mail server and of what a task says.

use std::fs;

use serde_json::json;

use super::{
    TOKEN, WRONG_TOKEN, ask_every_route, cluster, odd, run_every_command, search_mails,
    search_what_is_left, settings, tell,
};
use crate::crash::failed_plan;
use crate::support::api_server::{ApiServer, Call, Fault, Outcome};
use crate::support::leaks::{Search, Watch};
use crate::support::process::wait_until;
use crate::support::redis::MODULE_USER;
use crate::support::service::Service;
use crate::support::smtp::MailServer;

const ACCOUNT: &str = "AccountOfTheModule1";
const IN_A_TASK: &str = "GatewayInTheTask2";
const OF_THE_MAIL_SERVER: &str = "OwnMailServerPass3";
/// What the stand-in for the API begins its tokens with.
const API_TOKEN: &str = "jwt-s3cret";

fn search() -> Search {
    let mut search = Search::default();
    for secret in [
        ACCOUNT,
        IN_A_TASK,
        OF_THE_MAIL_SERVER,
        API_TOKEN,
        TOKEN,
        WRONG_TOKEN,
    ] {
        search.secret(secret);
    }
    search
}

#[test]
fn no_password_of_the_task_api_or_of_an_own_mail_server_gets_out() {
    let (cluster, mail, folder) = (cluster(), MailServer::start(), tempfile::tempdir().unwrap());
    cluster.destination("d-1");
    for plan in ["1", "2", "3"] {
        failed_plan(&cluster, plan, "d-1");
    }
    let password = odd(ACCOUNT);
    let api = ApiServer::start(MODULE_USER, &password);
    let words = format!("Fatal: Head \"http://module/mail1:{IN_A_TASK}@127.0.0.1:4694/x\": 403");
    api.usual(Outcome::failed(1, &words));
    let repeats = |status| Fault::Answer(status, format!("{{\"message\": {password:?}}}"));
    api.fault(Call::Login, repeats(401));

    let watch = Watch::start();
    let mut search = search();
    let log = folder.path().join("service.log");
    let mut configuration = settings(&cluster, &log);
    configuration["repo_check"] = json!({"method": "api", "api_url": api.url(), "timeout": 10});
    configuration["mail"]["transport"] = "smtp".into();
    configuration["mail"]["smtp"] = json!({
        "host": "127.0.0.1",
        "port": mail.port("plain_echo"),
        "encryption": "none",
        "username": "rig@example.org",
        "password": odd(OF_THE_MAIL_SERVER),
    });
    let account = [("REDIS_USER", MODULE_USER), ("REDIS_PASSWORD", &password)];
    let mut service = Service::start(&configuration.to_string(), &account);
    tell(&service, &["1"], &mut search);
    api.fault(Call::Start, repeats(500));
    api.fault(Call::Status, repeats(403));
    tell(&service, &["2"], &mut search);
    tell(&service, &["3"], &mut search);
    wait_until("a refused login", || {
        service.log().contains("wrong: [password]")
    });
    run_every_command(&service, "3", &mut search);
    ask_every_route(&service, &mut search);

    search_what_is_left(&mut service, &mut search);
    search.place("the log file", fs::read(&log).unwrap());
    search_mails(&mail, &mut search);
    watch.end(&mut search);
    assert!(api.calls(Call::Login) > 1 && api.calls(Call::Status) > 1);
    assert!(search.finds("module/mail1:***@"), "no task told of its URL");
    search.nothing_is_found();
}

#[test]
fn no_password_that_redis_refuses_gets_out_nor_reaches_a_mail_command() {
    let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
    cluster.destination("d-1");
    failed_plan(&cluster, "1", "d-1");
    let mut search = search();
    let log = folder.path().join("service.log");
    let mut configuration = settings(&cluster, &log);
    configuration["repo_check"] = json!({"method": "restic"});
    configuration["mail"]["transport"] = "sendmail".into();
    let words = "sh -c 'cat >/dev/null; echo \"I was given: $REDIS_PASSWORD\"; exit 75' sendmail";
    configuration["mail"]["sendmail"] = words.into();
    let password = odd(ACCOUNT);
    let account = [("REDIS_USER", MODULE_USER), ("REDIS_PASSWORD", &password)];
    let mut service = Service::start(&configuration.to_string(), &account);
    tell(&service, &["1"], &mut search);
    wait_until("the mail command", || service.log().contains("I was given"));
    run_every_command(&service, "1", &mut search);
    ask_every_route(&service, &mut search);
    search_what_is_left(&mut service, &mut search);
    search.place("the log file", fs::read(&log).unwrap());
    assert!(search.finds("WRONGPASS"), "the account was not refused");
    search.nothing_is_found();
}
