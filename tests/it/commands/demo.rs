//! `demo`: the first thing that somebody runs.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;

use super::{Program, Ran};

/// Runs it to its good end.
fn run(program: &Program) -> Ran {
    let began = Instant::now();
    let ran = program.run(&["demo"]).exits(0);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert_eq!(ran.err, "");
    assert!(
        ran.out.contains("1 of 7 applications did not complete"),
        "{ran:?}"
    );
    let (_, next) = ran.out.split_once("Next: `").expect("says what next");
    let (next, _) = next.split_once(" config example`").expect("a command");
    assert!(Path::new(next).is_file(), "where the program lies: {next}");
    ran
}

/// The mail and the page that it names, both there and whole.
#[track_caller]
fn has_made_a_mail(ran: &Ran) {
    let named = |ending: &str| {
        let mut words = ran.out.split_whitespace();
        let word = words.find(|word| word.ends_with(ending));
        word.unwrap_or_else(|| panic!("no {ending}: {ran:?}"))
            .to_owned()
    };
    let raw = std::fs::read(named(".eml")).unwrap();
    let mail = MessageParser::default().parse(&raw).expect("a mail");
    assert!(mail.subject().unwrap().contains("Nightly"));
    let page = std::fs::read_to_string(named(".html")).unwrap();
    let html = mail.body_html(0).unwrap().replace("\r\n", "\n");
    assert_eq!(page.replace("\r\n", "\n").trim_end(), html.trim_end());
}

/// A PATH with nothing on it but, perhaps, one program.
fn only(program: &Program, name: &str, target: Option<&Path>) -> String {
    let folder = program.path("bin");
    std::fs::create_dir(&folder).unwrap();
    if let Some(target) = target {
        symlink(target, folder.join(name)).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

#[test]
fn with_restic_a_damaged_repository_is_found() {
    // Settings for somebody's real repositories do no harm.
    let program = Program::without_configuration()
        .with("RESTIC_REPOSITORY_FILE", "/nonexistent")
        .with("RESTIC_PASSWORD_COMMAND", "false");
    let ran = run(&program);
    assert!(
        ran.out
            .contains("real repositories and one of them was damaged"),
        "{ran:?}"
    );
    assert!(ran.out.contains("Asked with restic"), "{ran:?}");
    has_made_a_mail(&ran);
    assert!(!program.state().exists());
}

#[test]
fn without_restic_it_says_so_and_goes_on() {
    let program = Program::without_configuration();
    let path = only(&program, "restic", None);
    let program = program.with("PATH", &path);
    let ran = run(&program);
    assert!(
        ran.out.contains("There is no restic on this machine"),
        "{ran:?}"
    );
    has_made_a_mail(&ran);
}

#[test]
fn a_restic_that_fails_is_told_and_goes_on() {
    let program = Program::without_configuration();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/odd_restic.sh");
    let path = only(&program, "restic", Some(&script));
    let program = program.with("PATH", &path);
    let ran = run(&program);
    assert!(
        ran.out
            .contains("restic made no repositories (Fatal: not today)"),
        "{ran:?}"
    );
    has_made_a_mail(&ran);
}
