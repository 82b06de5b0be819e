//! Links between the pages, and from the application's metadata to them.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::{between, files_below, json, prose, read, root};

/// Where the application's pages lead: the repository that the images name.
const REPOSITORY: &str = "https://github.com/NethServer/ns8-backup-monitor";

/// Everything that is written for people.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = files_below("docs")
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    assert!(pages.len() >= 9, "{pages:?}");
    pages.extend(
        [
            "README.md",
            "CHANGELOG.md",
            "ui/README.md",
            "tests/scenarios/README.md",
        ]
        .map(PathBuf::from),
    );
    pages
}

/// A heading as an anchor of GitHub's.
fn anchor(heading: &str) -> String {
    heading
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            '-' | '_' => Some(c),
            c if c.is_alphanumeric() => Some(c),
            _ => None,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Headings that stand there twice get a number.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in prose(text).lines().filter(|line| line.starts_with('#')) {
        let name = anchor(line.trim_start_matches('#').trim());
        let mut free = name.clone();
        let mut times = 0;
        while !found.insert(free) {
            times += 1;
            free = format!("{name}-{times}");
        }
    }
    found
}

/// Resolves `..` without asking the disk, so that a link out of the tree is seen.
fn from(page: &Path, target: &str) -> Option<PathBuf> {
    let mut path = page.parent()?.to_owned();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir if !path.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            other => path.push(other),
        }
    }
    Some(path)
}

fn what_is_wrong(page: &Path, link: &str) -> Option<String> {
    let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
    let path = if target.is_empty() {
        page.to_owned()
    } else {
        match from(page, target) {
            Some(path) => path,
            None => return Some("leads out of the repository".to_owned()),
        }
    };
    if !root().join(&path).exists() {
        return Some(format!("there is no {}", path.display()));
    }
    if anchor.is_empty() || anchors(&read(path.to_str().unwrap())).contains(anchor) {
        return None;
    }
    Some(format!("{} has no heading for #{anchor}", path.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut links = 0;
    for page in pages() {
        for link in between(&prose(&read(page.to_str().unwrap())), "](", ")") {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            links += 1;
            if let Some(why) = what_is_wrong(&page, link) {
                wrong.push(format!("{}: {link}: {why}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(links >= 60, "only {links} links were found");
}

#[test]
fn an_anchor_is_as_github_makes_it() {
    assert_eq!(anchor("The role cluster:reader"), "the-role-clusterreader");
    assert_eq!(anchor("`check --format json`"), "check---format-json");
    assert_eq!(anchor("Meno mail, o di più"), "meno-mail-o-di-più");
    let twice = anchors("# One\n## Two\n## Two\n```\n# none\n```\n");
    assert_eq!(twice, ["one", "two", "two-1"].map(str::to_owned).into());
}

#[test]
fn the_metadata_of_the_application_leads_somewhere() {
    let metadata = json("ui/public/metadata.json");
    let docs = metadata["docs"].as_object().unwrap();
    for name in [
        "terms_url",
        "documentation_url",
        "bug_url",
        "code_url",
        "relnotes_url",
    ] {
        let url = docs[name].as_str().unwrap();
        let rest = url
            .strip_prefix(REPOSITORY)
            .unwrap_or_else(|| panic!("{name}: {url}"));
        if let Some(path) = rest.strip_prefix("/blob/main/") {
            assert!(root().join(path).is_file(), "{name}: there is no {path}");
        }
    }
    for language in ["en", "it"] {
        assert!(
            !metadata["description"][language]
                .as_str()
                .unwrap()
                .is_empty()
        );
    }
    assert!(read("build-images.sh").contains(&format!("image.source={REPOSITORY}\"")));
}

#[test]
fn the_logo_is_as_large_as_a_repository_wants_it() {
    let logo = std::fs::read(root().join("ui/public/img/module_logo.png")).unwrap();
    assert_eq!(&logo[..8], b"\x89PNG\r\n\x1a\n");
    let side = |at: usize| u32::from_be_bytes(logo[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), (256, 256));
}
