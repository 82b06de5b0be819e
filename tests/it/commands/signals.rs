//! INT and TERM: the end within ten seconds, whatever hangs, and nothing that
//! was accepted is lost.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Ran, backup_failed, configuration, mails_in, one_of_two_failed, program_for};
use crate::probe::support;
use crate::support::process::{Server, wait_until};
use crate::support::redis::Cluster;
use crate::support::service::Service;
use crate::support::smtp::MailServer;

/// Ends the service and says that it did so in time and well.
#[track_caller]
fn ends_by(service: &mut Service, signal: Signal) {
    let asked = Instant::now();
    service.signal(signal);
    let status = service.wait();
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(status.code(), Some(0), "{}", service.log());
    assert!(!service.log().contains("panicked"));
}

/// A destination whose restic does what `behaviour` says.
fn scripted(folder: &Path, behaviour: &str) {
    let repository = folder.join("repositories/samba/uuid-samba1");
    std::fs::create_dir_all(&repository).unwrap();
    let script = format!("here={}\n{behaviour}\n", folder.display());
    std::fs::write(repository.join("behaviour"), script).unwrap();
    let other = folder.join("repositories/mail/uuid-mail1");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(other.join("behaviour"), "exit 1\n").unwrap();
}

fn asking_restic(folder: &Path, cluster: &Cluster) -> String {
    let asking = format!(
        "repo_check: {{method: restic, restic: {}, timeout: 60}}\n\
         destinations: {{d-1: {{url: {}, password: x}}}}\n",
        support("fake_restic.sh").display(),
        folder.join("repositories").display(),
    );
    configuration(folder, cluster).replace("repo_check: {method: \"off\"}\n", &asking)
}

const HANGS: &str = "trap '' TERM\nsleep 1000 &\necho \"$$ $!\" >$here/pids.new\n\
                     mv $here/pids.new $here/pids\nwait\nwait";

/// The processes of the scripted restic, once they run.
fn children(folder: &Path) -> Vec<String> {
    let file = folder.join("pids");
    wait_until("the probe", || file.exists());
    let text = std::fs::read_to_string(file).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

#[track_caller]
fn gone(pids: &[String]) {
    assert_eq!(pids.len(), 2);
    let lives = |pid: &String| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    wait_until("the children to be gone", || !pids.iter().any(lives));
}

#[test]
fn int_and_term_end_it_also_while_somebody_is_connected() {
    for signal in [Signal::INT, Signal::TERM] {
        let cluster = one_of_two_failed();
        let folder = tempfile::tempdir().unwrap();
        let mut service = Service::start(&configuration(folder.path(), &cluster), &[]);
        let mut half = TcpStream::connect(service.address()).unwrap();
        half.write_all(b"POST /alert HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            .unwrap();
        ends_by(&mut service, signal);
        assert!(TcpStream::connect(service.address()).is_err());
    }
}

#[test]
fn a_cluster_that_does_not_answer_does_not_hold_it_up() {
    let cluster = one_of_two_failed();
    cluster.redis.freeze();
    let folder = tempfile::tempdir().unwrap();
    let mut service = Service::launch(&configuration(folder.path(), &cluster), &[]);
    assert_eq!(service.post_alert(&backup_failed("1")).status(), 200);
    ends_by(&mut service, Signal::TERM);
    cluster.redis.thaw();
    service.restart();
    wait_until("the mail", || mails_in(folder.path()).len() == 1);
}

#[test]
fn a_probe_that_hangs_is_ended_with_its_children_and_asked_again() {
    let cluster = one_of_two_failed();
    let folder = tempfile::tempdir().unwrap();
    scripted(folder.path(), HANGS);
    let mut service = Service::start(&asking_restic(folder.path(), &cluster), &[]);
    assert_eq!(service.post_alert(&backup_failed("1")).status(), 200);
    let pids = children(folder.path());
    ends_by(&mut service, Signal::TERM);
    gone(&pids);

    scripted(
        folder.path(),
        "echo 'Fatal: wrong password or no key found' >&2; exit 1",
    );
    service.restart();
    wait_until("the mail", || mails_in(folder.path()).len() == 1);
}

#[test]
fn a_delivery_that_hangs_is_given_up_and_made_later() {
    let server = MailServer::start();
    let cluster = one_of_two_failed();
    let folder = tempfile::tempdir().unwrap();
    let by_smtp = |port: u16| {
        let way = format!(
            "transport: smtp, smtp: {{host: 127.0.0.1, port: {port}, encryption: none}}, directory:"
        );
        let text = configuration(folder.path(), &cluster);
        text.replace("transport: file, directory:", &way)
    };
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut service = Service::start(&by_smtp(port), &[]);
    assert_eq!(service.post_alert(&backup_failed("1")).status(), 200);
    let (_hanging, _) = silent.accept().unwrap();
    ends_by(&mut service, Signal::INT);

    let shown = Ran::of(service.run(&["report", "show", "1", "--format", "json"])).exits(0);
    assert_eq!(shown.json()["deliveries"][0]["state"], "queued");
    std::fs::write(service.config_file(), by_smtp(server.port("plain"))).unwrap();
    service.restart();
    wait_until("the mail", || server.received().len() == 1);
}

#[test]
fn a_command_that_is_interrupted_takes_its_children_along() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    let folder = program.folder.path();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let _ = std::fs::remove_file(folder.join("pids"));
        scripted(folder, HANGS);
        program.configure(&asking_restic(folder, &cluster));
        let mut command = program.command(&["check"]);
        command.stdout(Stdio::null());
        let mut check = Server::start(&mut command, &folder.join("check.log"));
        let pids = children(folder);
        let asked = Instant::now();
        check.signal(signal);
        assert_eq!(check.wait().code(), Some(3), "could not tell");
        assert!(asked.elapsed() < Duration::from_secs(10));
        gone(&pids);
        let said = std::fs::read_to_string(folder.join("check.log")).unwrap();
        assert!(said.contains("ended by a signal"), "{said}");
    }
}
