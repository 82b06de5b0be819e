//! The rules between the rooms, read from the source itself, so that a change
//! that breaks one fails here and not in somebody's memory.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::support::rust_source::{Named, SourceFile, is_test_file};

/// A room, and the rooms it may import.
struct Room {
    name: &'static str,
    may_import: &'static [&'static str],
}

/// The table of docs/ARCHITECTURE.md.
const ROOMS: &[Room] = &[
    room("model", &[]),
    room("schedule", &[]),
    room("config", &["model"]),
    room("logging", &["model", "config"]),
    room("store", &["model"]),
    room("correlator", &["model", "schedule"]),
    room("verdict", &["model"]),
    room("exporter", &["model"]),
    room("cluster", &["model", "config"]),
    room("repo_check", &["model", "config"]),
    room("notifier", &["model", "config"]),
    room("receiver", &["model", "config", "store"]),
    room("pipeline", ALL.split_at(ALL.len() - 2).0),
    room("cli", ALL.split_at(ALL.len() - 1).0),
    room("main", ALL),
];

/// From the ground up.
const ALL: &[&str] = &[
    "model",
    "schedule",
    "config",
    "logging",
    "store",
    "correlator",
    "verdict",
    "exporter",
    "cluster",
    "repo_check",
    "notifier",
    "receiver",
    "pipeline",
    "cli",
];

const fn room(name: &'static str, may_import: &'static [&'static str]) -> Room {
    Room { name, may_import }
}

/// Functions of their inputs: no clock, no file, no network, no runtime.
const PURE: &[&str] = &["model", "schedule", "correlator", "verdict", "exporter"];

/// What a pure room does not name; `*` in a `use` counts as all of them.
const IMPURE: &[&str] = &[
    "tokio",
    "fred",
    "rusqlite",
    "lettre",
    "reqwest",
    "actix_web",
    "fastrand",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
];

/// Functions that ask the clock, whatever is written before them.
const CLOCKS: &[&str] = &[
    "Timestamp::now",
    "Zoned::now",
    "SystemTime::now",
    "Instant::now",
];

/// Libraries that are somebody's, and whose.
const OWNED: &[(&str, &str)] = &[
    ("fred", "cluster"),
    ("reqwest", "cluster"),
    ("rusqlite", "store"),
    ("lettre", "notifier"),
    ("handlebars", "notifier"),
    ("actix_web", "receiver"),
    ("prometheus_client", "exporter"),
];

/// What ends the program; a failure is returned instead.
const PANICS: &[&str] = &[
    ".unwrap()",
    ".expect(",
    "panic!",
    "todo!",
    "unimplemented!",
    "unreachable!",
];

const MOST_LINES: usize = 600;

/// Exceptions: (the beginning of the complaint, why it is right there).
const EXEMPT: &[(&str, &str)] = &[];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<SourceFile> {
    let files = SourceFile::all_below(&root().join("src"));
    assert!(files.len() > 20, "only {} source files found", files.len());
    files
}

/// Fails with all complaints that are not excepted.
fn judge(complaints: impl IntoIterator<Item = String>) {
    let mut text = String::new();
    for complaint in complaints {
        if !EXEMPT.iter().any(|(begin, _)| complaint.starts_with(begin)) {
            let _ = write!(text, "\n  {complaint}");
        }
    }
    assert!(text.is_empty(), "the house rules are broken:{text}");
}

fn complain(file: &SourceFile, line: usize, what: impl std::fmt::Display) -> String {
    format!("src/{}:{line}: {what}", file.name)
}

/// Whether `named` is `rule`, something below it, or a `*` that contains it.
fn covers(rule: &str, named: &Named) -> bool {
    let rule: Vec<&str> = rule.split("::").collect();
    let path = &named.path;
    if path.last().is_some_and(|last| last == "*") {
        let open = &path[..path.len() - 1];
        return open.iter().zip(&rule).all(|(a, b)| a == b);
    }
    path.len() >= rule.len() && path.iter().zip(&rule).all(|(a, b)| a == b)
}

fn impurities(file: &SourceFile) -> Vec<String> {
    let asks_the_clock = |named: &Named| {
        let path = named.path.join("::");
        CLOCKS.iter().any(|clock| path.ends_with(clock))
    };
    file.named()
        .iter()
        .filter(|named| IMPURE.iter().any(|rule| covers(rule, named)) || asks_the_clock(named))
        .map(|named| {
            let path = named.path.join("::");
            complain(file, named.line, format_args!("a pure room names {path}"))
        })
        .collect()
}

fn foreign_imports(file: &SourceFile) -> Vec<String> {
    let Some(room) = ROOMS.iter().find(|room| room.name == file.room()) else {
        return vec![complain(
            file,
            1,
            "no room of this name in tests/it/house.rs",
        )];
    };
    file.named()
        .iter()
        .filter_map(|named| {
            let target = file.within_crate(named)?.first()?.clone();
            let known = ROOMS.iter().any(|room| room.name == target);
            let allowed = target == room.name || room.may_import.contains(&target.as_str());
            if allowed || (!known && target != "*") {
                return None;
            }
            let what = format!("{} must not import {target}", room.name);
            Some(complain(file, named.line, what))
        })
        .collect()
}

fn borrowed_libraries(file: &SourceFile) -> Vec<String> {
    file.named()
        .iter()
        .filter_map(|named| {
            let first = named.path.first()?;
            let (library, owner) = OWNED.iter().find(|(library, _)| library == first)?;
            (*owner != file.room()).then(|| {
                complain(
                    file,
                    named.line,
                    format_args!("{library} belongs to {owner} alone"),
                )
            })
        })
        .collect()
}

fn panics(file: &SourceFile) -> Vec<String> {
    let mut complaints = Vec::new();
    for (index, line) in file.code.lines().enumerate() {
        for panic in PANICS.iter().filter(|panic| line.contains(**panic)) {
            complaints.push(complain(
                file,
                index + 1,
                format_args!("{panic} outside of tests"),
            ));
        }
    }
    complaints
}

/// `#[allow]` and `#[expect]` that do not say why.
fn silent_exceptions(file: &SourceFile) -> Vec<String> {
    let code = &file.code;
    ["#[allow(", "#![allow(", "#[expect(", "#![expect("]
        .iter()
        .flat_map(|begin| code.match_indices(begin))
        .filter(|(at, _)| {
            let attribute = &code[*at..];
            let end = attribute.find(']').unwrap_or(attribute.len());
            !attribute[..end].contains("reason")
        })
        .map(|(at, begin)| {
            let line = code[..at].matches('\n').count() + 1;
            complain(file, line, format_args!("{begin} without a reason"))
        })
        .collect()
}

#[test]
fn a_pure_room_knows_no_clock_no_file_and_no_network() {
    let files = sources();
    for room in PURE {
        assert!(files.iter().any(|file| file.room() == *room), "no {room}");
    }
    let pure = files.iter().filter(|file| PURE.contains(&file.room()));
    judge(pure.flat_map(impurities));
}

#[test]
fn a_room_imports_only_the_rooms_below_it() {
    let files = sources();
    let rooms = files.iter().filter(|file| file.name != "lib.rs");
    judge(rooms.flat_map(foreign_imports));
}

#[test]
fn a_library_is_used_by_one_room() {
    judge(sources().iter().flat_map(borrowed_libraries));
}

#[test]
fn nothing_panics_outside_of_tests() {
    judge(sources().iter().flat_map(panics));
}

/// Else a file could leave all rules behind by its name.
#[test]
fn a_file_of_tests_is_compiled_for_tests_only() {
    let files = sources();
    let mut complaints = Vec::new();
    for test_file in files.iter().filter(|file| is_test_file(&file.name)) {
        let module = test_file.module();
        let declaration = format!("mod {};", module.last().expect("a name"));
        let folder = test_file
            .name
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        let beside = |file: &&SourceFile| file.name.starts_with(folder);
        // Declarations under `#[cfg(test)]` are not part of `code`.
        for file in files.iter().filter(beside) {
            if let Some(at) = file.code.find(&declaration) {
                let line = file.code[..at].matches('\n').count() + 1;
                complaints.push(complain(file, line, "tests without #[cfg(test)]"));
            }
        }
    }
    judge(complaints);
}

#[test]
fn an_exception_from_a_lint_says_why() {
    judge(sources().iter().flat_map(silent_exceptions));
}

#[test]
fn a_room_says_at_its_door_what_it_is_for() {
    let files = sources();
    let doors = files.iter().filter(|file| {
        file.name.ends_with("/mod.rs") || (!file.name.contains('/') && file.name != "main.rs")
    });
    judge(
        doors
            .filter(|file| !file.text.starts_with("//! "))
            .map(|file| complain(file, 1, "does not begin with what it is for (`//!`)")),
    );
}

#[test]
fn no_file_is_too_long_to_read() {
    for folder in ["src", "tests", "benches"] {
        judge(
            SourceFile::all_below(&root().join(folder))
                .iter()
                .map(|file| (file, file.text.lines().count()))
                .filter(|(_, lines)| *lines > MOST_LINES)
                .map(|(file, lines)| format!("{folder}/{}: {lines} lines", file.name)),
        );
    }
}

/// ring needs a C compiler only; the others bring cmake, Perl or a system
/// library, and a second TLS stack.
#[test]
fn one_tls_stack_is_linked() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix", "none"])
        .args(["--edges", "normal,build", "--format", "{p}"])
        .current_dir(root())
        .output()
        .expect("cargo");
    let text = String::from_utf8_lossy(&tree.stdout);
    let errors = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "cargo tree: {errors}");
    assert!(text.contains("\nring v"), "no ring in the tree:\n{text}");
    let unwanted = ["aws-lc-sys ", "aws-lc-rs ", "openssl-sys ", "native-tls "];
    judge(
        text.lines()
            .filter(|line| unwanted.iter().any(|name| line.starts_with(name)))
            .map(|line| format!("{line} is linked")),
    );
}

#[test]
fn the_changelog_begins_with_this_version() {
    let changelog = std::fs::read_to_string(root().join("CHANGELOG.md")).expect("CHANGELOG.md");
    let newest = changelog
        .lines()
        .find_map(|line| line.strip_prefix("## [")?.split(']').next())
        .expect("an entry");
    assert_eq!(newest, env!("CARGO_PKG_VERSION"));
}

mod the_rules_themselves {
    use super::*;

    #[test]
    fn a_clock_is_found_however_it_is_imported() {
        for code in [
            "use std::time::Instant;",
            "use std::{cmp, time::{Duration, Instant}};",
            "use std::time::*;",
            "use std::*;",
            "fn a() { ::std::time::Instant::now(); }",
            "use jiff::{self, Timestamp};\nfn a() { Timestamp::now(); }",
            "fn a() -> jiff::Timestamp { jiff::Timestamp::now() }",
            "use std::fs::{self as disk, File};",
            "fn a() { tokio::spawn(async {}); }",
        ] {
            assert!(!impurities(&file("model/a.rs", code)).is_empty(), "{code}");
        }
    }

    #[test]
    fn what_is_only_spoken_of_or_tested_is_not_found() {
        for code in [
            "//! Never std::fs.\n/* tokio::spawn /* nested */ fred */",
            "const A: &str = \"tokio::spawn\\\" fred::x\";",
            "const A: &str = r#\"say \"tokio::spawn\" \"#;",
            "fn a<'a>(b: &'a str) -> char { '\"' } // tokio::x\n fn c() {}",
            "#[cfg(test)]\nmod tests { fn a() { std::fs::read(\"}\"); } }\nfn b() {}",
            "#[cfg(test)]\nuse std::fs;\nfn b() {}",
            "use std::time::Duration;\nuse std::collections::BTreeMap;",
        ] {
            let found = impurities(&file("model/a.rs", code));
            assert!(found.is_empty(), "{code}: {found:?}");
        }
    }

    #[test]
    fn what_follows_the_tests_is_found_in_its_own_line() {
        let code = "#[cfg(test)]\nmod tests {\n    fn a() {}\n}\n\nuse std::fs;";
        let found = impurities(&file("model/a.rs", code));
        assert_eq!(found, ["src/model/a.rs:6: a pure room names std::fs"]);
    }

    #[test]
    fn another_room_is_found_however_it_is_named() {
        for code in [
            "use crate::store::Store;",
            "use crate::{model::Plan, store};",
            "use crate::*;",
            "use super::super::store::Store;",
            "fn a() { crate::store::open(); }",
        ] {
            let found = foreign_imports(&file("cluster/read.rs", code));
            assert_eq!(found.len(), 1, "{code}: {found:?}");
        }
        for code in ["use super::keys;", "use crate::{config::Redis, model};"] {
            let found = foreign_imports(&file("cluster/read.rs", code));
            assert!(found.is_empty(), "{code}: {found:?}");
        }
    }

    #[test]
    fn a_room_that_is_not_in_the_table_is_found() {
        assert_eq!(foreign_imports(&file("attic/mod.rs", "")).len(), 1);
    }

    #[test]
    fn a_borrowed_library_a_panic_and_a_silent_exception_are_found() {
        let code = "#[allow(dead_code)]\nfn a() {\n    fred::x().unwrap();\n}";
        let file = file("store/a.rs", code);
        let library = borrowed_libraries(&file);
        assert_eq!(library, ["src/store/a.rs:3: fred belongs to cluster alone"]);
        let panic = panics(&file);
        assert_eq!(panic, ["src/store/a.rs:3: .unwrap() outside of tests"]);
        let silent = silent_exceptions(&file);
        assert_eq!(silent, ["src/store/a.rs:1: #[allow( without a reason"]);
    }

    fn file(name: &str, code: &str) -> SourceFile {
        SourceFile::new(name, code)
    }
}
