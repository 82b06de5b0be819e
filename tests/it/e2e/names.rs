//! Hostile names, and very many.

use serde_json::json;

use super::case::backup_failed;
use super::letter::Letter;
use super::world::World;

const SCRIPT: &str = "<script>alert(1)</script>";
const LINES: &str = "A\r\nBcc: thief@example.net\r\n\r\n<b>B";
const RIGHT_TO_LEFT: &str = "invoice\u{202e}fdp.exe";
const EMOJI: &str = "Größe 🚀 日本語 \"quoted\"";

fn hostile() -> World {
    let modules = [("mail1", 1), ("samba1", 1), ("webtop1", 2), ("piler1", 2)];
    let world = World::of(&modules);
    let long = "L".repeat(300);
    let labels = [SCRIPT, RIGHT_TO_LEFT, EMOJI, &long];
    for ((module, node), label) in modules.into_iter().zip(labels) {
        world.cluster.module_label(module, label);
        world.status(node, "1", module, u32::from(module != "webtop1"));
    }
    let plan = format!("{LINES} {EMOJI} {long}");
    world.plan("1", &plan, &modules.map(|(module, _)| module));
    world.cluster.set("cluster/ui_name", LINES);
    world.cluster.set("node/2/ui_name", SCRIPT);
    world
        .cluster
        .hset("cluster/backup/1", "schedule", "daily\u{1b}[2J");
    let destination = "cluster/backup_repository/0b5e4b7e-9c4e-5c1e-8d11-5a7f3c6f0001";
    world.cluster.hset(destination, "name", SCRIPT);
    world
        .cluster
        .hset(destination, "url", &format!("b2:{LINES}"));
    world.set("repo_check.max_per_report", json!(1))
}

#[test]
fn hostile_names_become_harmless_text() {
    for world in [hostile(), hostile().italian()] {
        let case = world.serve();
        let mut alert = backup_failed("1", SCRIPT, 1);
        alert[4].1 = format!("{LINES}{SCRIPT}{RIGHT_TO_LEFT}{}", "n".repeat(300));
        let letter = case.one_letter_for(&alert);
        is_harmless(&letter);
        letter.says(&[
            SCRIPT,
            "A␍␊Bcc: thief@example.net",
            "invoice\u{fffd}fdp.exe",
            EMOJI,
            "LLLLLLLL…",
            "daily␛[2J",
        ]);
        assert!(letter.html.contains("&lt;script&gt;"));
    }
}

fn is_harmless(letter: &Letter) {
    assert_eq!(letter.received.to, ["admin@example.org"]);
    let headers = letter.headers().to_lowercase();
    for line in headers.split("\r\n") {
        assert!(!line.starts_with("bcc:"), "{headers}");
        assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{line}");
    }
    assert!(letter.subject.chars().count() < 250, "{}", letter.subject);
    let html = letter.html.to_lowercase();
    for markup in ["<script", "<b>b", "<img", "href="] {
        assert!(!html.contains(markup), "{markup} in {html}");
    }
    for text in [&letter.subject, &letter.text, &letter.html] {
        let control = |c: char| c.is_control() && !matches!(c, '\r' | '\n');
        assert!(!text.chars().any(control), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text}");
    }
}

#[test]
fn two_thousand_modules_are_counted_and_every_failure_is_shown() {
    let world = World::of(&[("app1", 1)]).set("repo_check.max_per_report", json!(1));
    let ids: Vec<String> = (1..=2000).map(|n| format!("app{n}")).collect();
    let plan: Vec<&str> = ids.iter().map(String::as_str).collect();
    world.plan("1", "Everything", &plan);
    let start = super::world::last_run();
    let commands = ids.iter().enumerate().flat_map(|(number, id)| {
        let errors = u32::from(number < 12);
        let status = json!({
            "start": start, "end": start + 5, "total_size": 1000, "total_file_count": 10,
            "snapshots_count": 1, "errors": errors,
        });
        [
            ["HSET", "cluster/module_uuid", id, &format!("uuid-{id}")].map(str::to_owned),
            ["HSET", "cluster/module_node", id, "1"].map(str::to_owned),
            ["HSET", "node/1/backup_status/1", id, &status.to_string()].map(str::to_owned),
        ]
        .map(Vec::from)
    });
    world.cluster.bulk(&commands.collect::<Vec<_>>());
    let case = world.serve();
    let letter = case.one_letter_for(&backup_failed("1", "Everything", 1));
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ⚠️ Backup partially failed, found at start: Everything - 12 of 2000 applications failed (Test cluster)"
    );
    letter.says(&[
        "Failed (12)",
        "Backed up (1,988)",
        "1,938 more applications are not shown.",
        "11 more repositories were not asked.",
    ]);
    for number in 1..=12 {
        letter.has_row(&format!("app{number} app{number} Leader (1) backup failed"));
    }
    letter.has_row("app1 answers 1");
}
