//! Whole mails, as the administrator gets them, in both languages.
//!
//! What is compared is what a mail program shows: the headers as they are sent
//! and both bodies decoded.

use jiff::Timestamp;
use mail_parser::MessageParser;
use ns8_backup_monitor::model::{Language, OutgoingMail, Report};
use ns8_backup_monitor::notifier::{
    Envelope, Rendered, Said, Templates, compose, html_of, message_id, thread_id,
};

use crate::support::reports;

/// A golden mail per language for one report.
macro_rules! golden {
    ($($name:ident => $report:ident),+ $(,)?) => {$(
        mod $name {
            use super::*;

            #[test]
            fn english() {
                let mail = send(&reports::$report(), Language::En);
                insta::assert_snapshot!(concat!(stringify!($name), "_en"), shown(&mail));
            }

            #[test]
            fn italian() {
                let mail = send(&reports::$report(), Language::It);
                insta::assert_snapshot!(concat!(stringify!($name), "_it"), shown(&mail));
            }

            #[test]
            fn values_say_the_same() {
                for language in [Language::En, Language::It] {
                    says_the_same(&reports::$report(), language);
                }
            }
        }
    )+};
}

golden! {
    everything_ok => success,
    one_of_seven_failed => one_of_seven,
    all_failed_and_the_destination_is_fine => fault_elsewhere,
    destination_unreachable => unreachable,
    wrong_password => wrong_password,
    no_status_at_all => no_status,
    redis_unreachable => redis_unreachable,
    unknown_plan => unknown_plan,
    all_plans_are_fine => all_well,
    hostile_names => hostile,
    two_thousand_modules => two_thousand,
    good_again => recovery,
    bad_as_before => reminder,
    bad_in_another_way => changed,
    found_at_start => found_at_start,
    alarmed_and_nothing_is_new => as_told_before,
    missed_on_every_node => missed_everywhere,
    one_node_missed_and_one_unreachable => missed_and_unreachable,
    not_finished => not_finished,
    busy_and_failed_after_the_backup => busy_and_after_backup,
    saved_and_not_reported => unreported,
    corrected => correction,
    started_by_hand => hand_run,
    started_by_hand_and_fine => good_hand_run,
    muted_before => muted,
    left_the_plan_during_the_run => left_the_plan,
    every_warning => every_warning,
    no_longer_in_a_plan => uncovered,
    several_no_longer_in_a_plan => several_uncovered,
    weekly_summary => digest,
    weekly_summary_of_a_quiet_week => quiet_digest,
    hostile_names_in_a_watched_run => hostile_run,
    hostile_names_in_a_summary => hostile_digest,
}

fn rendered(report: &Report, language: Language) -> Rendered {
    let (templates, warnings) = Templates::load(None).unwrap();
    assert_eq!(warnings, []);
    templates.render(report, &reports::mail(language)).unwrap()
}

/// What programs get is what stands in the mail.
#[track_caller]
fn says_the_same(report: &Report, language: Language) {
    let text = rendered(report, language).body.text;
    let said = serde_json::to_value(Said::of(report, &reports::mail(language))).unwrap();
    let headline = &said["headline"]["text"];
    let mut sentences = vec![headline, &said["topic"], &said["what"], &said["zone"]];
    for list in ["context", "why", "at_risk", "warnings", "alerts"] {
        sentences.extend(said[list].as_array().unwrap());
    }
    for step in said["next"].as_array().unwrap() {
        sentences.extend([&step["text"], &step["command"]]);
    }
    for fact in said["facts"].as_array().unwrap() {
        sentences.extend([&fact["label"], &fact["value"]]);
    }
    let destination = &said["destination"];
    sentences.extend(["name", "url", "method", "left_out"].map(|part| &destination[part]));
    for part in ["uncovered", "overview"] {
        sentences.extend([&said[part]["title"], &said[part]["left_out"]]);
    }
    assert!(sentences.iter().any(|sentence| !sentence.is_null()));
    for sentence in sentences
        .into_iter()
        .filter_map(|sentence| sentence.as_str())
    {
        assert!(text.contains(sentence), "no {sentence:?} in\n{text}");
    }
    assert_eq!(
        said["members"].as_array().unwrap().len(),
        report.members.len()
    );
}

fn envelope<T>(date: Timestamp, with: impl FnOnce(&Envelope<'_>) -> T) -> T {
    let mail = reports::mail(Language::En);
    let domain = mail.from.domain();
    with(&Envelope {
        message_id: &message_id("cluster-uuid", "plan/1/run", domain),
        date,
        from: &mail.from,
        to: &mail.to,
        thread: Some(&thread_id(
            "cluster-uuid",
            Some(&"1".into()),
            &"run".into(),
            domain,
        )),
    })
}

/// The finished mail for `report`.
pub fn send(report: &Report, language: Language) -> OutgoingMail {
    let rendered = rendered(report, language);
    assert_eq!(rendered.warnings, []);
    envelope(report.made_at, |envelope| compose(&rendered.body, envelope)).unwrap()
}

fn shown(mail: &OutgoingMail) -> String {
    let raw = std::str::from_utf8(&mail.raw).unwrap();
    let (headers, _) = raw.split_once("\r\n\r\n").unwrap();
    let parsed = MessageParser::default().parse(&mail.raw).unwrap();
    assert_eq!(parsed.subject().unwrap(), mail.subject);
    let text = parsed.body_text(0).unwrap();
    let html = parsed.body_html(0).unwrap();
    assert_eq!(html_of(&mail.raw).unwrap().trim_end(), html.trim_end());
    format!(
        "{}\n\nSubject, decoded: {}\n\n===== text =====\n{}\n===== html =====\n{}",
        headers.replace("\r\n", "\n"),
        mail.subject,
        text.replace("\r\n", "\n"),
        html.replace("\r\n", "\n"),
    )
}

#[test]
fn the_test_mail_says_that_it_is_one() {
    let (templates, _) = Templates::load(None).unwrap();
    for (language, name) in [
        (Language::En, "test_mail_en"),
        (Language::It, "test_mail_it"),
    ] {
        let mail = reports::mail(language);
        let way = "smtp mail.example.org:587";
        let place = Some("rl1.rig.example.org");
        let made = templates.test_message(&mail, place, way, reports::made_at());
        let body = made.unwrap().body;
        let mail = envelope(reports::made_at(), |envelope| compose(&body, envelope)).unwrap();
        insta::assert_snapshot!(name, shown(&mail));
    }
}

#[test]
fn no_hostile_name_becomes_markup_a_header_or_a_control_character() {
    let hostile = [
        reports::hostile(),
        reports::hostile_run(),
        reports::hostile_recovery(),
        reports::hostile_digest(),
        reports::hostile_uncovered(),
    ];
    for (report, language) in hostile
        .iter()
        .flat_map(|report| [(report, Language::En), (report, Language::It)])
    {
        let mail = send(report, language);
        let parsed = MessageParser::default().parse(&mail.raw).unwrap();
        assert!(parsed.bcc().is_none());
        let html = parsed.body_html(0).unwrap().to_lowercase();
        for markup in ["<script", "<img", "src=", "href=\"javascript"] {
            assert!(!html.contains(markup), "{markup} in {html}");
        }
        // The one link is the administrator's own.
        assert_eq!(html.matches("href=").count(), 1);
        for body in [parsed.body_text(0).unwrap(), html.into()] {
            let allowed = |c: char| matches!(c, '\r' | '\n');
            assert!(!body.chars().any(|c| c.is_control() && !allowed(c)));
            assert!(!body.contains('\u{202e}'));
        }
        // No command is built from an id that a shell could misread.
        let text = parsed.body_text(0).unwrap();
        for command in ["runagent -m", "backup1; ", "module/mail2"] {
            assert!(!text.contains(command), "{text}");
        }
    }
}

#[test]
fn both_bodies_say_the_same() {
    for report in [
        reports::one_of_seven(),
        reports::all_well(),
        reports::recovery(),
        reports::missed_and_unreachable(),
        reports::every_warning(),
        reports::several_uncovered(),
        reports::digest(),
    ] {
        for language in [Language::En, Language::It] {
            let body = rendered(&report, language).body;
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            let html = bare(&without_tags(&body.html));
            for line in body.text.lines() {
                for word in line.split("  ").flat_map(|cell| cell.split(": ")) {
                    let word = word.trim_start_matches(['-', ' ']).trim_end_matches(':');
                    // The HTML shows these without a heading.
                    let rule = ["Id", "Address", "Indirizzo"].contains(&word)
                        || word.chars().all(|c| c == '-');
                    assert!(
                        rule || html.contains(&bare(word)),
                        "{word:?} is not in the HTML"
                    );
                }
            }
        }
    }
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        let (tag, rest) = piece.split_once('>').unwrap_or(("", piece));
        let link = tag
            .split_once("href=\"")
            .and_then(|(_, url)| url.split('"').next());
        text.push_str(link.unwrap_or_default());
        text.push_str(rest);
        text.push(' ');
    }
    [
        ("&nbsp;", " "),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x3D;", "="),
        ("&#x60;", "`"),
        ("&gt;", ">"),
        ("&lt;", "<"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text, |text, (entity, plain)| text.replace(entity, plain))
}

#[test]
fn a_large_cluster_shows_every_failure_and_counts_what_it_leaves_out() {
    let body = rendered(&reports::two_thousand(), Language::En).body;
    assert!(
        body.subject.contains("12 of 1999 applications failed"),
        "{}",
        body.subject
    );
    assert!(body.text.contains("Failed (12)") && body.text.contains("Backed up (1,987)"));
    for text in [&body.text, &body.html] {
        assert!((1..=12).all(|n| text.contains(&format!("app{n}"))));
        assert!(
            text.contains("1,937 more applications are not shown."),
            "{text}"
        );
    }
    let body = rendered(&reports::many(2_000, 1_999), Language::En).body;
    assert!((1..=1_999).all(|n| body.html.contains(&format!(">app{n}<"))));
}
