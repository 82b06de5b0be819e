//! docs/CERTIFICATION.md names the test that proves each line: it is there.

use super::{marked, prose, read, root};

/// Where the short names of the page lie.
const FOLDERS: &[(&str, &str)] = &[
    ("module/", "tests/module/"),
    ("it/", "tests/it/"),
    ("ui/", "ui/tests/"),
    ("src/", "src/"),
];

/// What is wrong with what stands between backticks, if it names a test.
fn what_is_missing(named: &str) -> Option<Result<(), String>> {
    if let Some(timeline) = named.strip_prefix("scenario ") {
        let path = format!("tests/scenarios/{timeline}.scenario");
        return Some(root().join(&path).is_file().then_some(()).ok_or(path));
    }
    let (short, folder) = FOLDERS.iter().find(|(short, _)| named.starts_with(short))?;
    let (file, test) = match named.split_once("::") {
        Some((file, test)) => (file, Some(test)),
        None => (named, None),
    };
    let path = format!("{folder}{}", &file[short.len()..]);
    if !root().join(&path).is_file() {
        return (file.len() > short.len()).then_some(Err(path));
    }
    let Some(test) = test else {
        return Some(Ok(()));
    };
    let source = read(&path);
    let there = [format!("fn {test}("), format!("def {test}(")]
        .iter()
        .any(|head| source.contains(head));
    Some(there.then_some(()).ok_or(format!("{path} has no {test}")))
}

#[test]
fn every_proof_is_there() {
    let page = prose(&read("docs/CERTIFICATION.md"));
    let named: Vec<_> = marked(&page, "`")
        .into_iter()
        .filter_map(what_is_missing)
        .collect();
    let missing: Vec<String> = named.iter().filter_map(|one| one.clone().err()).collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(named.len() >= 50, "only {} were found", named.len());
}

/// A line says how far it is proved, and one that is not names no test.
#[test]
fn every_line_says_how_far_it_is_proved() {
    let page = read("docs/CERTIFICATION.md");
    let rows: Vec<&str> = page
        .split("\n## ")
        .skip(1)
        .flat_map(|part| part.lines().filter(|line| line.starts_with("| ")).skip(1))
        .collect();
    assert!(rows.len() >= 35, "only {} lines", rows.len());
    for row in rows {
        let signs: Vec<&str> = ["●", "◐", "○"]
            .into_iter()
            .filter(|sign| row.contains(*sign))
            .collect();
        assert_eq!(signs.len(), 1, "{row}");
        let proved = row.contains("::")
            || row.contains("`scenario ")
            || row.contains(".test.ts`")
            || row.contains("the same");
        assert!(signs != ["●"] || proved, "{row}");
        assert!(signs != ["○"] || !row.contains("::"), "{row}");
    }
}
