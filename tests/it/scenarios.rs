//! Timelines in the words of people who know NS8: `tests/scenarios/` holds one
//! per file, and its README says how they are written. Each is let happen to
//! the real pipeline with the real database, by a clock that is set; only the
//! cluster, its nodes and its repositories are made up.

mod actions;
mod check;
mod expectations;
mod language;
mod outcome;
mod parse;
mod program;
mod run;
mod words;
mod world;

use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn happens(name: &str) {
    let file = format!("tests/scenarios/{name}.scenario");
    let text = std::fs::read_to_string(folder().join(format!("{name}.scenario"))).unwrap();
    let scenario = parse::parse(&file, &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let outcome = runtime.block_on(run::run(&scenario));
    assert!(
        outcome.good,
        "\n{file}\n{}\n\n{}",
        scenario.title, outcome.table
    );
}

macro_rules! scenarios {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                happens(stringify!($name));
            }
        )*

        const ALL: &[&str] = &[$(stringify!($name)),*];
    };
}

scenarios! {
    t01_one_takes_three_hours
    t02_one_fails_early_another_runs_for_hours
}

#[test]
fn every_file_is_a_test() {
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "scenario"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut listed: Vec<&str> = ALL.to_vec();
    listed.sort_unstable();
    assert_eq!(files, listed, "add it to tests/it/scenarios.rs");
}
