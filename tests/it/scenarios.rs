//! Timelines in the words of people who know NS8: `tests/scenarios/` holds one
//! per file, and its README says how they are written. Each is let happen to
//! the real pipeline with the real database, by a clock that is set; only the
//! cluster, its nodes and its repositories are made up.

mod actions;
mod check;
mod expectations;
mod future;
mod language;
mod outcome;
mod parse;
mod program;
mod run;
mod words;
mod world;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Only scenarios whose file names hold this text are let happen.
const ONLY: &str = "SCENARIO";
/// Fewer are too few: some of them are not found.
const AT_LEAST: usize = 60;
/// The timelines of the specification, each by its number.
const TIMELINES: usize = 30;

/// All of them, or those that the environment asks for.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let only = std::env::var(ONLY).unwrap_or_default();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "scenario"))
        .filter(|path| name(path).contains(&only))
        .collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// What is wrong with a scenario, if anything is.
fn happens(path: &Path) -> Option<String> {
    let file = format!("tests/scenarios/{}.scenario", name(path));
    let text = std::fs::read_to_string(path).unwrap();
    let scenario = match parse::parse(&file, &text) {
        Ok(scenario) => scenario,
        Err(wrong) => return Some(wrong),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let outcome = runtime.block_on(run::run(&scenario));
    let title = &scenario.title;
    (!outcome.good).then(|| format!("{file}\n{title}\n\n{}", outcome.table))
}

#[test]
fn every_scenario_comes_out_as_it_says() {
    let files = files();
    assert!(!files.is_empty(), "no scenario is named like that");
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = happens(file);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    let mut all = String::new();
    for one in &wrong {
        let _ = write!(all, "\n\n{one}");
    }
    let (bad, count) = (wrong.len(), files.len());
    assert!(
        wrong.is_empty(),
        "{bad} of {count} scenarios come out otherwise:{all}"
    );
}

#[test]
fn all_timelines_of_the_specification_are_there() {
    let names: Vec<String> = files().iter().map(|path| name(path)).collect();
    assert!(names.len() >= AT_LEAST, "only {} scenarios", names.len());
    for number in 1..=TIMELINES {
        let begin = format!("t{number:02}_");
        assert!(
            names.iter().any(|name| name.starts_with(&begin)),
            "no T{number}"
        );
    }
}

#[test]
fn a_mistake_in_a_scenario_is_told_with_its_line() {
    let wrong = |text: &str| parse::parse("x.scenario", text).unwrap_err();
    let title = "Scenario: x\n";
    assert_eq!(
        wrong("plan 1"),
        "x.scenario:1: the first line must be \"Scenario: <title>\""
    );
    assert_eq!(
        wrong(&format!("{title}Tuesday 2026-11-09\n")),
        "x.scenario:2: 2026-11-09 is a Monday, not a Tuesday"
    );
    let day = format!("{title}plan 1 at \"02:00\": A on node 1\nMonday 2026-11-09\n");
    assert_eq!(
        wrong(&format!("{day}02:05 A faild\n")),
        "x.scenario:4: an application is ok, fails, unreadable, stores a snapshot, or is removed, \
         moved, cloned, restored or added; not \"faild\""
    );
    assert_eq!(
        wrong(&format!(
            "{day}02:05 expect mail PARTIAL, first failure\n    A broken\n"
        )),
        "x.scenario:5: \"broken\" is no cause, such as backup_error"
    );
    assert_eq!(
        wrong(&format!("{day}02:05 A ok\n")),
        "x.scenario: no line says when the scenario ends, such as \"12:00 end\""
    );
}
